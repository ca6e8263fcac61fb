/**
 * The authorization mode Node: what a kubelet may do, which is little more than reading what the
 * Pods that are bound to it refer to.
 */
@NullMarked
package dev.coracle.auth.node;

import org.jspecify.annotations.NullMarked;
