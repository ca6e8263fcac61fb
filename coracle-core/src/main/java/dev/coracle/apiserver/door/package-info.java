/**
 * The two doors into the server: HTTP, and the in-memory transport of this process's own
 * components. Each hands what comes in to the filters and writes the answer out in its own way.
 */
@NullMarked
package dev.coracle.apiserver.door;

import org.jspecify.annotations.NullMarked;
