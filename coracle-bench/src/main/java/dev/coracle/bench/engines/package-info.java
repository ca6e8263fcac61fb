/**
 * The comparison that ADR 0005 rests on: SQLite, RocksDB and LMDB as the log under the embedded
 * store, each behind the same small {@link dev.coracle.bench.engines.Engine}. Run {@link
 * dev.coracle.bench.engines.EngineComparison} to repeat it.
 */
@NullMarked
package dev.coracle.bench.engines;

import org.jspecify.annotations.NullMarked;
