package dev.coracle.bench.engines;

import static org.lmdbjava.DbiFlags.MDB_CREATE;
import static org.lmdbjava.PutFlags.MDB_APPEND;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lmdbjava.CursorIterable;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.Txn;

/** LMDB with its default durability: data synced, then the meta page synced. */
final class LmdbEngine implements Engine {

  private final Env<ByteBuffer> environment;
  private final Dbi<ByteBuffer> changes;
  private final ByteBuffer key = ByteBuffer.allocateDirect(8);
  private final ByteBuffer value = ByteBuffer.allocateDirect(2 << 20);

  LmdbEngine(Path directory) throws IOException {
    Path data = Files.createDirectories(directory.resolve("db"));
    environment = Env.create().setMapSize(4L << 30).setMaxDbs(1).open(data.toFile());
    changes = environment.openDbi("changes", MDB_CREATE);
  }

  @Override
  public void append(List<Row> rows) {
    try (Txn<ByteBuffer> transaction = environment.txnWrite()) {
      for (Row row : rows) {
        key.clear().putLong(row.revision()).flip();
        value.clear().put(row.body()).flip();
        changes.put(transaction, key, value, MDB_APPEND);
      }
      transaction.commit();
    }
  }

  @Override
  public void scan(Visitor visitor) {
    try (Txn<ByteBuffer> transaction = environment.txnRead();
        CursorIterable<ByteBuffer> rows = changes.iterate(transaction)) {
      for (CursorIterable.KeyVal<ByteBuffer> row : rows) {
        byte[] body = new byte[row.val().remaining()];
        row.val().get(body);
        visitor.row(row.key().getLong(), body);
      }
    }
  }

  @Override
  public void close() {
    environment.close();
  }
}
