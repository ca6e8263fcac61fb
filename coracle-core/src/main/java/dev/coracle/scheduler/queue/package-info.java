/** Pods without a node, in the order of their turns, and what those that fit nowhere wait for. */
@NullMarked
package dev.coracle.scheduler.queue;

import org.jspecify.annotations.NullMarked;
