/**
 * The kubelet: a {@link dev.coracle.node.Node} registers itself and keeps its Lease ({@code
 * registration}), gives each Pod that is bound to it a worker ({@code pod}), answers the API server
 * over HTTPS ({@code server}), and cleans up. It knows the API server through the client only and
 * containers through {@link dev.coracle.node.runtime.ContainerRuntime} only; system calls are made
 * in {@code linux}.
 */
@NullMarked
package dev.coracle.node;

import org.jspecify.annotations.NullMarked;
