/**
 * The directory of a cluster: who holds it, what it says of the process that runs, files in it with
 * the modes that keys need, and the kubeconfig files that lead to it.
 */
@NullMarked
package dev.coracle.cluster.data;

import org.jspecify.annotations.NullMarked;
