package dev.coracle.bench.engines;

import java.nio.file.Path;
import java.util.List;

/** A durable ordered log of revisions: all that the embedded store needs of a storage library. */
interface Engine extends AutoCloseable {

  record Row(long revision, byte[] body) {}

  interface Visitor {
    void row(long revision, byte[] body);
  }

  /** Stores the rows in one transaction and returns when they are on disk. */
  void append(List<Row> rows) throws Exception;

  /** All rows in the order of revisions. */
  void scan(Visitor visitor) throws Exception;

  @Override
  void close() throws Exception;

  static Engine open(String name, Path directory) throws Exception {
    return switch (name) {
      case "sqlite" -> new SqliteEngine(directory);
      case "rocksdb" -> new RocksEngine(directory);
      case "lmdb" -> new LmdbEngine(directory);
      default -> throw new IllegalArgumentException("no such engine: " + name);
    };
  }
}
