/** Empties a namespace that is being deleted, and then lets it go. */
@NullMarked
package dev.coracle.controller.namespace;

import org.jspecify.annotations.NullMarked;
