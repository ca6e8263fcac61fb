/** Deletes Pods that nobody else will: on nodes that are gone, and too many finished ones. */
@NullMarked
package dev.coracle.controller.podgc;

import org.jspecify.annotations.NullMarked;
