/** Runs Pods that keep their names and volumes. */
@NullMarked
package dev.coracle.controller.statefulset;

import org.jspecify.annotations.NullMarked;
