/**
 * The only place that wires everything: the data directory and who holds it, certificates and keys,
 * kubeconfig files, the order in which the parts start and stop.
 */
@NullMarked
package dev.coracle.cluster;

import org.jspecify.annotations.NullMarked;
