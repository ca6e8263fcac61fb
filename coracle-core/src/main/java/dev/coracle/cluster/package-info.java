/**
 * The only place that wires everything: the data directory and who holds it, certificates and keys,
 * kubeconfig files, the order in which the parts start and stop. {@link
 * dev.coracle.cluster.ClusterOptions} is what a cluster can be told, with a record for each topic
 * of the API server's ({@link dev.coracle.cluster.ApiServerOptions}).
 */
@NullMarked
package dev.coracle.cluster;

import org.jspecify.annotations.NullMarked;
