/**
 * A load generator that costs little, since it shares the machine with the server: HTTP/2 over TLS
 * on one event loop, no objects per frame, closed loops of a given number of connections and
 * streams.
 */
@NullMarked
package dev.coracle.bench.load;

import org.jspecify.annotations.NullMarked;
