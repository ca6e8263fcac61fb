/**
 * API Priority and Fairness as clients see it: the FlowSchemas and PriorityLevelConfigurations that
 * every cluster has are kept ({@link dev.coracle.apiserver.flowcontrol.FlowControl}), FlowSchemas
 * say whether their level exists, and answers name the pair that their request belongs to ({@link
 * dev.coracle.apiserver.flowcontrol.FlowTable}). How many requests are served at a time is bounded
 * elsewhere, in the filter room.
 */
@NullMarked
package dev.coracle.apiserver.flowcontrol;

import org.jspecify.annotations.NullMarked;
