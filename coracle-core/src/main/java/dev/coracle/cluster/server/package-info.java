/**
 * The API server put together: its store and what enciphers it, the registry behind the request's
 * way, the addresses it is reached by, and its health while it starts.
 */
@NullMarked
package dev.coracle.cluster.server;

import org.jspecify.annotations.NullMarked;
