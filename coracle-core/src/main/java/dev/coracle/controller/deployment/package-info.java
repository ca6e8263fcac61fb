/** Rolls out a Deployment's Pod template by ReplicaSets. */
@NullMarked
package dev.coracle.controller.deployment;

import org.jspecify.annotations.NullMarked;
