/**
 * The objects that make a cluster one: what every cluster has from its first moment, and what it
 * says of itself in Services and ConfigMaps.
 */
@NullMarked
package dev.coracle.cluster.bootstrap;

import org.jspecify.annotations.NullMarked;
