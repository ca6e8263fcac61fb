/** Runs Jobs: Pods until enough of them have succeeded, or too many failed. */
@NullMarked
package dev.coracle.controller.job;

import org.jspecify.annotations.NullMarked;
