/** Claims that ask for more room, in stories through the real API. */
@NullMarked
package dev.coracle.controller.volume.expand;

import org.jspecify.annotations.NullMarked;
