/**
 * Requests that no client would send, by the hundred thousand, against a control plane in a process
 * of its own: it must refuse them in Kubernetes' words and keep its store.
 */
@NullMarked
package dev.coracle.cluster.fuzz;

import org.jspecify.annotations.NullMarked;
