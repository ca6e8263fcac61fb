/** Starts Jobs by the clock. */
@NullMarked
package dev.coracle.controller.cronjob;

import org.jspecify.annotations.NullMarked;
