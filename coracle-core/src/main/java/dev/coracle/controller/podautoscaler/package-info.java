/**
 * Scales what has a scale subresource by what its Pods use: the replica count from the metrics
 * ({@link ReplicaCalculator}), then the limits and the pace that the autoscaler sets ({@link
 * Scaling}).
 */
@NullMarked
package dev.coracle.controller.podautoscaler;

import org.jspecify.annotations.NullMarked;
