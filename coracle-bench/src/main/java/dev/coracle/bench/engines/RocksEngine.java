package dev.coracle.bench.engines;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** RocksDB with a synced write-ahead log. */
final class RocksEngine implements Engine {

  private final RocksDB database;
  private final Options options;
  private final WriteOptions synced;

  RocksEngine(Path directory) throws RocksDBException {
    RocksDB.loadLibrary();
    options =
        new Options()
            .setCreateIfMissing(true)
            .setWriteBufferSize(16 << 20)
            .setRecycleLogFileNum(2)
            .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords);
    synced = new WriteOptions().setSync(true);
    database = RocksDB.open(options, directory.resolve("db").toString());
  }

  @Override
  public void append(List<Row> rows) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      for (Row row : rows) {
        batch.put(ByteBuffer.allocate(8).putLong(row.revision()).array(), row.body());
      }
      database.write(synced, batch);
    }
  }

  @Override
  public void scan(Visitor visitor) {
    try (RocksIterator rows = database.newIterator()) {
      for (rows.seekToFirst(); rows.isValid(); rows.next()) {
        visitor.row(ByteBuffer.wrap(rows.key()).getLong(), rows.value());
      }
    }
  }

  @Override
  public void close() {
    database.close();
    synced.close();
    options.close();
  }
}
