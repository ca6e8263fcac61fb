/** Claims that ask for more than they have got. */
@NullMarked
package dev.coracle.controller.volume.expand;

import org.jspecify.annotations.NullMarked;
