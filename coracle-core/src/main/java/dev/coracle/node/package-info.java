/**
 * The kubelet: registers a Node and keeps its Lease, runs the Pods that are bound to it (one
 * virtual thread each, woken by events and never by polling), tells their state, and cleans up
 * after them. It knows the API server through the client only and containers through {@link
 * dev.coracle.node.runtime.ContainerRuntime} only.
 */
@NullMarked
package dev.coracle.node;

import org.jspecify.annotations.NullMarked;
