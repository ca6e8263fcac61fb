/**
 * What a cluster can be told: {@link dev.coracle.cluster.options.ClusterOptions}, with a record for
 * each topic of the API server's own flags. Values only; nothing is looked at here that a flag
 * names, be it a file or a machine.
 */
@NullMarked
package dev.coracle.cluster.options;

import org.jspecify.annotations.NullMarked;
