/** What keeps storage under those who use it, in stories through the real API. */
@NullMarked
package dev.coracle.controller.volume.protection;

import org.jspecify.annotations.NullMarked;
