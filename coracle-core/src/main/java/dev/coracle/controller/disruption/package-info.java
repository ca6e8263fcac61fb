/** Counts how many Pods of a PodDisruptionBudget may be evicted. */
@NullMarked
package dev.coracle.controller.disruption;

import org.jspecify.annotations.NullMarked;
