/** Volumes that live with their Pod, in stories through the real API. */
@NullMarked
package dev.coracle.controller.volume.ephemeral;

import org.jspecify.annotations.NullMarked;
