/** Claims, volumes and classes, in stories through the real API. */
@NullMarked
package dev.coracle.controller.volume;

import org.jspecify.annotations.NullMarked;
