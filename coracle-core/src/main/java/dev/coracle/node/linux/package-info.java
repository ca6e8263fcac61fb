/**
 * Linux as Java code here uses it, through the FFM API: system calls and their numbers, flags and
 * errors, programs of system calls that one thread makes in order, processes that are spawned and
 * waited for, descriptors as streams, and what waits for all of them. Nothing of containers.
 */
@NullMarked
package dev.coracle.node.linux;

import org.jspecify.annotations.NullMarked;
