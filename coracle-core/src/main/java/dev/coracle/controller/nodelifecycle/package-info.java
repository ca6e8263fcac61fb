/** Watches over nodes: lost ones are marked and tainted, and their Pods evicted in time. */
@NullMarked
package dev.coracle.controller.nodelifecycle;

import org.jspecify.annotations.NullMarked;
