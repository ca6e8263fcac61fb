/**
 * The nodes put together: what this machine offers, its Pods' network and names, the node or the
 * simulated ones, and volumes on them.
 */
@NullMarked
package dev.coracle.cluster.node;

import org.jspecify.annotations.NullMarked;
