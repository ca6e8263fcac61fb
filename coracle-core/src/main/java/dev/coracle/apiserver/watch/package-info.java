/** Watches on their way out: a bounded queue for each, written as frames or WebSocket messages. */
@NullMarked
package dev.coracle.apiserver.watch;

import org.jspecify.annotations.NullMarked;
