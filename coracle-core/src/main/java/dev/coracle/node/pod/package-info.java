/**
 * One Pod from its binding to its end: a worker on a virtual thread of its own, woken by news and
 * never by polling, that decides by pure functions what is due for its containers, does it, and
 * tells the Pod's state; with the rules of restarts and back-offs, probes, limits, and what this
 * node has left to give.
 */
@NullMarked
package dev.coracle.node.pod;

import org.jspecify.annotations.NullMarked;
