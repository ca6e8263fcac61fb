/**
 * The engines behind {@link dev.coracle.store.Store}: one in memory, and one that writes a journal
 * in SQLite, where writers that wait together share an fsync. {@link
 * dev.coracle.store.engine.Stores} opens them.
 */
@NullMarked
package dev.coracle.store.engine;

import org.jspecify.annotations.NullMarked;
