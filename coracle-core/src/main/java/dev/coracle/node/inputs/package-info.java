/**
 * What comes to a node from outside and all its rooms read: what it was told, and the ConfigMaps,
 * Secrets, claims and Services that its Pods refer to, current in memory.
 */
@NullMarked
package dev.coracle.node.inputs;

import org.jspecify.annotations.NullMarked;
