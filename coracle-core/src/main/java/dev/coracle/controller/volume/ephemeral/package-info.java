/** Makes the claims of Pods' generic ephemeral volumes, which go with their Pods. */
@NullMarked
package dev.coracle.controller.volume.ephemeral;

import org.jspecify.annotations.NullMarked;
