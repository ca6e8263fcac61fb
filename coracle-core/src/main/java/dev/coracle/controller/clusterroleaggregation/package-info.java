/**
 * Fills the rules of aggregated ClusterRoles with those of the ClusterRoles that their selectors
 * match.
 */
@NullMarked
package dev.coracle.controller.clusterroleaggregation;

import org.jspecify.annotations.NullMarked;
