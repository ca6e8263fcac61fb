/**
 * The only place that wires everything. {@link dev.coracle.cluster.Cluster} is the order in which
 * the parts start; each part is put together in a room of its own, and the rooms know each other in
 * that order alone: what a cluster is told, its directory, certificates, who may what, the first
 * objects, nodes, the API server. The controllers and the scheduler are {@link
 * dev.coracle.cluster.ControlPlane}'s.
 */
@NullMarked
package dev.coracle.cluster;

import org.jspecify.annotations.NullMarked;
