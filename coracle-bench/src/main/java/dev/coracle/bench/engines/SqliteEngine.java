package dev.coracle.bench.engines;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.sqlite.JDBC;

/** SQLite in WAL mode with synchronous=FULL. */
final class SqliteEngine implements Engine {

  private final Connection connection;
  private PreparedStatement insert;

  SqliteEngine(Path directory) throws SQLException {
    connection = JDBC.createConnection("jdbc:sqlite:" + directory.resolve("db"), new Properties());
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA synchronous=FULL");
      statement.execute("PRAGMA wal_autocheckpoint=4000");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS changes(revision INTEGER PRIMARY KEY, body BLOB)");
    }
    insert = connection.prepareStatement("INSERT INTO changes VALUES(?,?)");
  }

  @Override
  public void append(List<Row> rows) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      for (Row row : rows) {
        insert.setLong(1, row.revision());
        insert.setBytes(2, row.body());
        insert.executeUpdate();
      }
      statement.execute("COMMIT");
    } catch (SQLException e) {
      rollback();
      throw e;
    }
  }

  /** The driver drops a statement that has failed, and SQLite has often rolled back by itself. */
  private void rollback() throws SQLException {
    insert = connection.prepareStatement("INSERT INTO changes VALUES(?,?)");
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      System.out.println("  (rolled back already)");
    }
  }

  @Override
  public void scan(Visitor visitor) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT revision, body FROM changes ORDER BY revision")) {
      while (rows.next()) {
        visitor.row(rows.getLong(1), rows.getBytes(2));
      }
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
