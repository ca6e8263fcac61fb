/**
 * Nodes that exist in name only: one part registers them all, renews their Leases, and lets the
 * Pods that are bound to them start, turn Ready, end and go without running anything.
 */
@NullMarked
package dev.coracle.node.simulated;

import org.jspecify.annotations.NullMarked;
