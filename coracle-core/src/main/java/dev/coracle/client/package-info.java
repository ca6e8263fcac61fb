/**
 * The API as components see it: one {@link dev.coracle.client.Client} over two transports (in
 * memory and HTTPS), shared informers, listers and work queues. Controllers, scheduler, node and
 * network know the API server only through this package. What several of them must see alike stands
 * here as well, by topic ({@code quota}, {@code storage}, {@code webhook}, {@code leaderelection}).
 */
@NullMarked
package dev.coracle.client;

import org.jspecify.annotations.NullMarked;
