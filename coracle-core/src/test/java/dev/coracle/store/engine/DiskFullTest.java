package dev.coracle.store.engine;

import static dev.coracle.store.engine.StoreContract.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.Patience;
import dev.coracle.store.Durability;
import dev.coracle.store.KeyExistsException;
import dev.coracle.store.Store;
import dev.coracle.store.StoreFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the store on a file system of 8 MiB that is really full; mounting one takes root. */
class DiskFullTest {

  @TempDir Path temporary;
  private Path mount;

  @BeforeEach
  void mountSmallFileSystem() throws Exception {
    // Loads the native library from elsewhere: it would keep the small file system busy.
    Stores.open(temporary.resolve("elsewhere"), Durability.FSYNC).close();
    mount = Files.createDirectory(temporary.resolve("small"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=8m", "coracle-disk-full", mount.toString()),
        "needs the right to mount a small tmpfs (root)");
  }

  @AfterEach
  void unmount() throws Exception {
    if (Files.getFileStore(mount).type().equals("tmpfs")
        && !Files.getFileStore(mount).equals(Files.getFileStore(temporary))) {
      assertThat(run("umount", mount.toString())).isTrue();
    }
  }

  @Test
  void write_diskFull_changesNothingAndWorksAgainWithRoom() throws Exception {
    Path ballast = mount.resolve("ballast");
    Path directory = mount.resolve("store");
    long last;
    try (Store store = Stores.open(directory, Durability.FSYNC)) {
      RecordingListener listener = new RecordingListener();
      store.watch("/", 0, listener);
      store.create("/k/0", bytes("before"));
      fill(ballast);
      StoreFullException full = fillStore(store);
      assertThat(full).hasMessageContaining(directory.toString());

      long revision = store.currentRevision();
      assertThat(listener.lastRevision()).isEqualTo(revision);
      assertThat(listener.changes()).hasSize((int) revision);
      assertThat(store.range("/k/", "", 0, 0).count()).isEqualTo(revision);
      Store.Entry found = store.get("/k/0");
      assertThat(found).isNotNull();
      assertThat(found.value()).isEqualTo(bytes("before"));
      assertThatThrownBy(() -> store.create("/k/big", new byte[1 << 20]))
          .isInstanceOf(StoreFullException.class);
      assertThat(store.get("/k/big")).isNull();
      assertThatThrownBy(() -> store.create("/k/0", bytes("again")))
          .isInstanceOf(KeyExistsException.class);
      assertThat(store.currentRevision()).isEqualTo(revision);

      Files.delete(ballast);
      assertThat(store.create("/k/big", new byte[1 << 20]).modRevision()).isEqualTo(revision + 1);
      assertThat(store.update("/k/0", bytes("after"), 1).modRevision()).isEqualTo(revision + 2);
      last = store.currentRevision();
    }
    try (Store store = Stores.open(directory, Durability.FSYNC)) {
      assertThat(store.currentRevision()).isEqualTo(last);
      assertThat(StoreContract.values(store.range("/k/0", "", 1, 0))).containsExactly("after");
      RecordingListener listener = new RecordingListener();
      store.watch("/", 0, listener);
      assertThat(listener.changes()).hasSize((int) last);
    }
  }

  @Test
  void write_diskFullUnderManyWriters_eachIsThereOrRefused() throws Exception {
    Path directory = mount.resolve("store");
    int stored = 0;
    int refused = 0;
    try (Store store = Stores.open(directory, Durability.FSYNC);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> writers = new ArrayList<>();
      for (int i = 0; i < 600; i++) {
        String key = "/k/" + i;
        writers.add(threads.submit(() -> stores(store, key)));
      }
      for (int i = 0; i < writers.size(); i++) {
        boolean there = writers.get(i).get();
        assertThat(store.get("/k/" + i) != null).isEqualTo(there);
        stored += there ? 1 : 0;
        refused += there ? 0 : 1;
      }
      assertThat(stored).isPositive();
      assertThat(refused).isPositive();
      assertThat(store.currentRevision()).isEqualTo(stored);
    }
    try (Store store = Stores.open(directory, Durability.FSYNC)) {
      assertThat(store.range("/k/", "", 0, 0).count()).isEqualTo(stored);
      assertThat(store.currentRevision()).isEqualTo(stored);
    }
  }

  private static boolean stores(Store store, String key) {
    try {
      store.create(key, new byte[32 << 10]);
      return true;
    } catch (StoreFullException e) {
      return false;
    }
  }

  private static StoreFullException fillStore(Store store) {
    return catchThrowableOfType(
        StoreFullException.class,
        () -> {
          for (int i = 1; i < 10_000; i++) {
            store.create("/k/" + i, new byte[512]);
          }
        });
  }

  /** Leaves no more than some pages free. */
  private static void fill(Path ballast) throws IOException {
    byte[] block = new byte[64 << 10];
    try (var output = Files.newOutputStream(ballast, StandardOpenOption.CREATE)) {
      while (Files.getFileStore(ballast).getUsableSpace() > 256 << 10) {
        output.write(block);
      }
    }
  }

  private static boolean run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(Patience.SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
  }
}
