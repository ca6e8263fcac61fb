package dev.coracle.store.engine;

import static dev.coracle.store.engine.StoreContract.bytes;
import static dev.coracle.store.engine.StoreContract.keys;
import static dev.coracle.store.engine.StoreContract.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.coracle.store.CompactedException;
import dev.coracle.store.Durability;
import dev.coracle.store.Store;
import dev.coracle.store.StoreFailedException;
import dev.coracle.store.StoreLockedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest implements StoreContract, StoreWatchContract {

  @TempDir Path directory;

  @Override
  public Store open() {
    return Stores.open(directory.resolve("store"), Durability.FSYNC);
  }

  private Store open(int historyChanges) {
    return EmbeddedStore.open(
        directory.resolve("store"), new History.Bounds(historyChanges, 1 << 20));
  }

  @Test
  void open_again_hasStateHistoryAndRevision() {
    try (Store store = open()) {
      store.create("/k/a", bytes("a1"));
      store.create("/k/b", bytes(""));
      store.update("/k/a", bytes("a2"), 1);
      store.delete("/k/b", 0);
    }
    try (Store store = open()) {
      assertThat(store.currentRevision()).isEqualTo(4);
      assertThat(values(store.range("/k/", "", 0, 0))).containsExactly("a2");
      assertThat(values(store.range("/k/", "", 0, 2))).containsExactly("a1", "");
      RecordingListener listener = new RecordingListener();
      store.watch("/k/", 1, listener);
      assertThat(listener.changes()).containsExactly("put /k/b@2", "put /k/a@3", "delete /k/b@4");
      Store.Entry updated = store.update("/k/a", bytes("a3"), 3);
      assertThat(updated.createRevision()).isEqualTo(1);
      assertThat(updated.modRevision()).isEqualTo(5);
    }
  }

  @Test
  void open_afterCompaction_startsWhereHistoryStarts() {
    try (Store store = open()) {
      store.create("/k/a", bytes("a1"));
      store.create("/k/b", bytes("b1"));
      store.update("/k/a", bytes("a2"), 1);
      store.update("/k/a", bytes("a3"), 3);
      store.compact(3);
      awaitRows(3);
    }
    try (Store store = open()) {
      assertThat(store.compactedRevision()).isEqualTo(3);
      assertThat(values(store.range("/k/", "", 0, 3))).containsExactly("a2", "b1");
      assertThat(values(store.range("/k/", "", 0, 0))).containsExactly("a3", "b1");
      assertThatThrownBy(() -> store.range("/k/", "", 0, 2)).isInstanceOf(CompactedException.class);
    }
  }

  @Test
  void open_lastChangeWasACompactedDeletion_repeatsNoRevision() {
    try (Store store = open()) {
      store.create("/k/a", bytes("a1"));
      store.delete("/k/a", 0);
      store.compact(2);
      awaitRows(0);
    }
    try (Store store = open()) {
      assertThat(store.currentRevision()).isEqualTo(2);
      assertThat(store.create("/k/a", bytes("a2")).modRevision()).isEqualTo(3);
    }
  }

  @Test
  void write_moreThanHistoryHolds_keepsTheJournalSmall() {
    try (Store store = open(50)) {
      long revision = store.create("/k/a", bytes("v")).modRevision();
      store.create("/k/stays", bytes("v"));
      for (int i = 0; i < 500; i++) {
        revision = store.update("/k/a", bytes("v" + i), revision).modRevision();
      }
      awaitRows(52);
    }
    try (Store store = open(10)) {
      assertThat(values(store.range("/k/", "", 0, 0))).containsExactly("v499", "v");
      awaitRows(12);
      assertThat(store.currentRevision()).isEqualTo(502);
      assertThat(store.compactedRevision()).isEqualTo(492);
    }
  }

  @Test
  void write_forEver_usesTheRoomOfForgottenHistoryAgain() throws Exception {
    try (Store store = open(200)) {
      overwrite(store, 50);
    }
    long filled = Files.size(directory.resolve("store/store.sqlite"));
    try (Store store = open(200)) {
      overwrite(store, 250);
      // 250 more versions of 16 keys, of which history keeps 200 in all.
      assertThat(store.currentRevision() - store.compactedRevision()).isEqualTo(200);
    }
    assertThat(Files.size(directory.resolve("store/store.sqlite"))).isLessThan(filled * 3 / 2);
  }

  /** Side by side, so that the writers share the waits for the disk. */
  private static void overwrite(Store store, int times) throws Exception {
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        String key = "/k/" + i;
        running.add(
            writers.submit(
                () -> {
                  for (int n = 0; n < times; n++) {
                    Store.Entry there = store.get(key);
                    Store.Entry unused =
                        there == null
                            ? store.create(key, new byte[4096])
                            : store.update(key, new byte[4096], there.modRevision());
                  }
                }));
      }
      for (Future<?> writer : running) {
        writer.get();
      }
    }
  }

  @Test
  void open_directoryInUse_namesTheHolder() {
    try (Store store = open()) {
      store.create("/a", bytes("1"));
      StoreLockedException locked = catchThrowableOfType(StoreLockedException.class, this::open);
      assertThat(locked.holder()).isEqualTo(ProcessHandle.current().pid());
      assertThat(locked).hasMessageContaining("" + ProcessHandle.current().pid());
      assertThat(store.create("/b", bytes("1")).modRevision()).isEqualTo(2);
    }
    try (Store store = open()) {
      assertThat(keys(store.range("/", "", 0, 0))).containsExactly("/a", "/b");
    }
  }

  @Test
  void open_notADatabase_saysWhichDirectory() throws Exception {
    Path store = Files.createDirectories(directory.resolve("store"));
    Files.writeString(store.resolve("store.sqlite"), "this is not a database ".repeat(500));
    assertThatThrownBy(this::open)
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining(store.toString());
  }

  @Test
  void open_rowIsMissing_isRefused() throws Exception {
    try (Store store = open()) {
      for (int i = 0; i < 5; i++) {
        store.create("/k/" + i, bytes("v"));
      }
    }
    sql("DELETE FROM changes WHERE revision = 3");
    assertThatThrownBy(this::open)
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining("revision 4 does not follow revision 2");
  }

  @Test
  void open_directory_isForItsOwnerOnly() throws Exception {
    open().close();
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("store"))))
        .isEqualTo("rwx------");
  }

  @Test
  void open_withoutDurability_touchesNoDisk() {
    Path untouched = directory.resolve("memory");
    try (Store store = Stores.open(untouched, Durability.MEMORY)) {
      assertThat(store.create("/a", bytes("1")).modRevision()).isEqualTo(1);
    }
    assertThat(untouched).doesNotExist();
  }

  @Test
  void write_megabytes_keepsTheLogShort() throws Exception {
    byte[] value = new byte[64 << 10];
    try (Store store = open(50)) {
      for (int i = 0; i < 1000; i++) {
        store.create("/k/" + i, value);
      }
      Path log = directory.resolve("store/store.sqlite-wal");
      assertThat(Files.size(log)).isLessThan(40L << 20);
    }
  }

  private void awaitRows(int count) {
    await().untilAsserted(() -> assertThat(rows()).isEqualTo(count));
  }

  private int rows() throws Exception {
    try (Connection connection = connection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT count(*) FROM changes")) {
      result.next();
      return result.getInt(1);
    }
  }

  private void sql(String sql) throws Exception {
    try (Connection connection = connection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private Connection connection() throws Exception {
    return DriverManager.getConnection(
        "jdbc:sqlite:" + directory.resolve("store").resolve("store.sqlite"));
  }
}
