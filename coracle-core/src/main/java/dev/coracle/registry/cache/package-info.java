/**
 * The watch cache: for each resource a sorted, persistent tree of its newest objects, a bounded
 * history of changes, and the watchers that are told of them. It is fed by one store listener for
 * each resource and serves every read.
 */
@NullMarked
package dev.coracle.registry.cache;

import org.jspecify.annotations.NullMarked;
