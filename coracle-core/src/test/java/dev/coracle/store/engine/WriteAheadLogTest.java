package dev.coracle.store.engine;

import static dev.coracle.store.engine.StoreContract.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.store.Durability;
import dev.coracle.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteAheadLogTest {

  @TempDir Path directory;

  @Test
  void sync_fileHasGrown_growsItAStepAhead_andOtherwiseLeavesIt() throws IOException {
    Path file = Files.write(directory.resolve("log"), new byte[100]);
    try (WriteAheadLog log = new WriteAheadLog(file);
        FileChannel writer = FileChannel.open(file, StandardOpenOption.WRITE)) {
      log.sync();
      assertThat(file).hasSize(100 + WriteAheadLog.STEP);
      writer.write(ByteBuffer.wrap(new byte[5000]), 100);
      log.sync();
      assertThat(file).hasSize(100 + WriteAheadLog.STEP);
      writer.write(ByteBuffer.wrap(new byte[10]), 100 + WriteAheadLog.STEP);
      log.sync();
      assertThat(file).hasSize(110 + 2L * WriteAheadLog.STEP);
    }
  }

  @Test
  void sync_fileWasCut_growsItAgainOnceItIsFull() throws IOException {
    Path file = Files.write(directory.resolve("log"), new byte[100]);
    try (WriteAheadLog log = new WriteAheadLog(file);
        FileChannel writer = FileChannel.open(file, StandardOpenOption.WRITE)) {
      log.sync();
      writer.truncate(1000);
      log.sync();
      assertThat(file).hasSize(1000);
      writer.write(ByteBuffer.wrap(new byte[1]), 1000);
      log.sync();
      assertThat(file).hasSize(1001 + WriteAheadLog.STEP);
    }
  }

  @Test
  void files_asACrashLeavesThem_holdEveryWriteThatReturned() throws IOException {
    Path running = directory.resolve("store");
    Path crashed = Files.createDirectory(directory.resolve("crashed"));
    try (Store store = Stores.open(running, Durability.FSYNC)) {
      for (int i = 0; i < 700; i++) {
        store.create("/k/" + i, new byte[1024]);
      }
      store.create("/k/last", bytes("z"));
      assertThat(running.resolve("store.sqlite-wal").toFile().length())
          .isGreaterThan(2L * WriteAheadLog.STEP);
      try (Stream<Path> files = Files.list(running)) {
        for (Path file : files.filter(each -> each.toString().contains("store.sqlite")).toList()) {
          Files.copy(file, crashed.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
    // Its memory is gone after a crash of the machine.
    Files.delete(crashed.resolve("store.sqlite-shm"));
    try (Store store = Stores.open(crashed, Durability.FSYNC)) {
      assertThat(store.currentRevision()).isEqualTo(701);
      assertThat(store.range("/k/", "", 0, 0).count()).isEqualTo(701);
      assertThat(store.create("/k/next", bytes("n")).modRevision()).isEqualTo(702);
    }
  }
}
