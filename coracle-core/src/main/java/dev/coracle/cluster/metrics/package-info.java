/**
 * {@code metrics.k8s.io}: what nodes and containers use now, from the node's own readings or, where
 * nothing really runs, from annotations. It reads only when it is asked.
 */
@NullMarked
package dev.coracle.cluster.metrics;

import org.jspecify.annotations.NullMarked;
