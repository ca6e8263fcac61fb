package dev.coracle.store.engine;

import dev.coracle.store.Store;
import dev.coracle.store.StoreFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.JDBC;

/**
 * The durable log under the embedded store: one row per change, in SQLite (WAL mode; each commit is
 * brought to disk by {@link WriteAheadLog}). Rows that history has forgotten and no key stands on
 * are removed in the same transactions. Why SQLite: ADR 0005.
 *
 * <p>{@link #append}, {@link #load} and {@link #finishCheckpoint} belong to one thread at a time;
 * {@link #checkpoint} runs beside them, on a connection of its own.
 */
final class SqliteJournal {

  /**
   * Rows that compaction sets free.
   *
   * @param compacted the change that history has forgotten
   * @param superseded the row that this change replaced or deleted, 0 for none
   * @param deletion whether the change is a deletion, whose own row then goes as well
   */
  record Obsolete(long compacted, long superseded, boolean deletion) {}

  /** Takes what the journal holds, in the order of revisions. */
  interface Loader {
    void compacted(long revision);

    /** {@code value} is null for a deletion. */
    void row(long revision, long createRevision, String key, byte @Nullable [] value);
  }

  private static final Logger LOGGER = LoggerFactory.getLogger(SqliteJournal.class);

  /** The create_revision of a row that says its key was deleted. */
  private static final long DELETION = 0;

  private static final int BUSY_MILLISECONDS = 60_000;

  private final String url;
  private final Connection connection;
  private final WriteAheadLog log;
  private @Nullable Prepared prepared;

  private SqliteJournal(Path file) throws SQLException {
    this.url = "jdbc:sqlite:" + file;
    this.log = new WriteAheadLog(Path.of(file + "-wal"));
    this.connection = connect(url);
    try {
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA wal_autocheckpoint=0");
        statement.execute("PRAGMA journal_size_limit=67108864");
        statement.execute(
            """
            CREATE TABLE IF NOT EXISTS changes(
              revision INTEGER PRIMARY KEY,
              create_revision INTEGER NOT NULL,
              key TEXT NOT NULL,
              value BLOB)\
            """);
        statement.execute(
            "CREATE TABLE IF NOT EXISTS compacted(id INTEGER PRIMARY KEY, revision INTEGER)");
        statement.execute("INSERT OR IGNORE INTO compacted VALUES(0, 0)");
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  static SqliteJournal open(Path directory) throws SQLException {
    return new SqliteJournal(directory.resolve("store.sqlite"));
  }

  void load(Loader loader) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery("SELECT revision FROM compacted")) {
        row.next();
        loader.compacted(row.getLong(1));
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT revision, create_revision, key, value FROM changes ORDER BY revision")) {
        while (rows.next()) {
          long createRevision = rows.getLong(2);
          byte[] value = rows.getBytes(4);
          loader.row(
              rows.getLong(1),
              createRevision,
              rows.getString(3),
              value == null && createRevision != DELETION ? new byte[0] : value);
        }
      }
    }
  }

  /**
   * Stores the changes and removes the obsolete rows in one transaction, and returns when it is on
   * disk.
   *
   * @return about how many bytes it has written
   * @throws SQLException when it is not; then nothing has changed
   * @throws StoreFailedException when nobody knows whether it is: this journal is of no more use
   */
  long append(List<Store.Change> changes, List<Obsolete> obsolete) throws SQLException {
    try {
      Prepared statements = prepared == null ? Prepared.on(connection) : prepared;
      prepared = statements;
      statements.begin.executeUpdate();
      long bytes = 0;
      for (Store.Change change : changes) {
        bytes += insert(statements.insert, change);
      }
      for (Obsolete row : obsolete) {
        remove(statements, row);
        bytes += 512;
      }
      statements.commit.executeUpdate();
      log.sync();
      return bytes;
    } catch (SQLException e) {
      rollback();
      throw e;
    } catch (IOException e) {
      throw new StoreFailedException("the store's log could not be brought to disk: " + e, e);
    }
  }

  /** Copies the write-ahead log into the database file, while writing goes on. */
  void checkpoint() throws SQLException {
    try (Connection beside = connect(url)) {
      checkpoint(beside);
    }
  }

  /**
   * Copies what has been written since {@link #checkpoint}, so that the write-ahead log starts over
   * from its beginning.
   */
  void finishCheckpoint() throws SQLException {
    checkpoint(connection);
  }

  void close() throws SQLException {
    try (log) {
      connection.close();
    } catch (IOException e) {
      LOGGER.debug("closing the log: {}", e.toString());
    }
  }

  private static Connection connect(String url) throws SQLException {
    Properties properties = new Properties();
    // Nobody asks for row ids: without this, a query follows each insert to find them.
    properties.setProperty("jdbc.get_generated_keys", "false");
    Connection connection = JDBC.createConnection(url, properties);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout=" + BUSY_MILLISECONDS);
      statement.execute("PRAGMA journal_mode=WAL");
      // A checkpoint syncs; a commit is synced by WriteAheadLog.
      statement.execute("PRAGMA synchronous=NORMAL");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void checkpoint(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
    }
  }

  private static long insert(PreparedStatement insert, Store.Change change) throws SQLException {
    return switch (change) {
      case Store.Change.Put(Store.Entry now, _) ->
          insert(insert, now.modRevision(), now.createRevision(), now.key(), now.value());
      case Store.Change.Delete(Store.Entry last, long revision) ->
          insert(insert, revision, DELETION, last.key(), null);
      case Store.Change.Progress _ -> 0;
    };
  }

  private static long insert(
      PreparedStatement insert,
      long revision,
      long createRevision,
      String key,
      byte @Nullable [] value)
      throws SQLException {
    insert.setLong(1, revision);
    insert.setLong(2, createRevision);
    insert.setString(3, key);
    insert.setBytes(4, value);
    insert.executeUpdate();
    return value == null ? key.length() : key.length() + value.length;
  }

  private static void remove(Prepared statements, Obsolete row) throws SQLException {
    if (row.superseded() != 0) {
      statements.remove.setLong(1, row.superseded());
      statements.remove.executeUpdate();
    }
    if (row.deletion()) {
      statements.remove.setLong(1, row.compacted());
      statements.remove.executeUpdate();
    }
    statements.compacted.setLong(1, row.compacted());
    statements.compacted.executeUpdate();
  }

  /**
   * SQLite has often rolled back by itself when it reports an error, and then says that there is
   * nothing to roll back. The driver drops a prepared statement that has failed, so all are
   * prepared anew.
   */
  private void rollback() {
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      LOGGER.debug("rolling back: {}", e.toString());
    }
    Prepared failed = prepared;
    prepared = null;
    try {
      if (failed != null) {
        failed.close();
      }
    } catch (SQLException e) {
      LOGGER.debug("closing statements that failed: {}", e.toString());
    }
  }

  /** The statements of {@link #append}. */
  private record Prepared(
      PreparedStatement begin,
      PreparedStatement commit,
      PreparedStatement insert,
      PreparedStatement remove,
      PreparedStatement compacted) {

    static Prepared on(Connection connection) throws SQLException {
      return new Prepared(
          connection.prepareStatement("BEGIN IMMEDIATE"),
          connection.prepareStatement("COMMIT"),
          connection.prepareStatement("INSERT INTO changes VALUES(?, ?, ?, ?)"),
          connection.prepareStatement("DELETE FROM changes WHERE revision = ?"),
          connection.prepareStatement("UPDATE compacted SET revision = ?"));
    }

    void close() throws SQLException {
      begin.close();
      commit.close();
      insert.close();
      remove.close();
      compacted.close();
    }
  }
}
