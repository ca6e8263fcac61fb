package dev.coracle.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.node.runtime.LogReader.Options;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {

  @TempDir private Path directory;
  private Instant now = Instant.parse("2026-11-21T03:45:07.123Z");
  private Path path;
  private LogFile log;

  @BeforeEach
  void open() {
    path = directory.resolve("c/0.log");
    log = new LogFile(path, () -> now);
  }

  private void write(String stream, String text) {
    log.append(stream, text.getBytes(StandardCharsets.UTF_8));
  }

  private String read(Options options) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LogReader.copy(path, options, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Options options(
      long tail, @Nullable Instant since, boolean timestamps, long limit, String stream) {
    return new Options(false, tail, since, timestamps, limit, stream);
  }

  @Test
  void append_lines_areInTheCriFormat() throws Exception {
    write("stdout", "one\ntw");
    write("stderr", "bad\n");
    write("stdout", "o\nrest");
    log.close();
    String time = "2026-11-21T03:45:07.123000000Z ";
    assertThat(path)
        .hasContent(
            time
                + "stdout F one\n"
                + time
                + "stderr F bad\n"
                + time
                + "stdout F two\n"
                + time
                + "stdout P rest\n");
    assertThat(read(Options.ALL)).isEqualTo("one\nbad\ntwo\nrest");
  }

  @Test
  void read_options_select() throws Exception {
    write("stdout", "one\ntwo\n");
    now = now.plusSeconds(10);
    write("stderr", "three\nfour\n");
    assertThat(read(options(1, null, false, -1, ""))).isEqualTo("four\n");
    assertThat(read(options(0, null, false, -1, ""))).isEmpty();
    assertThat(read(options(-1, now, false, -1, ""))).isEqualTo("three\nfour\n");
    assertThat(read(options(-1, null, false, 5, ""))).isEqualTo("one\nt");
    assertThat(read(options(-1, null, false, -1, "stdout"))).isEqualTo("one\ntwo\n");
    assertThat(read(options(1, null, true, -1, "")))
        .isEqualTo("2026-11-21T03:45:17.123000000Z four\n");
  }

  @Test
  void append_longLine_isSplitAndReadWhole() throws Exception {
    String line = "x".repeat(40_000);
    write("stdout", line + "\n");
    assertThat(read(Options.ALL)).isEqualTo(line + "\n");
    assertThat(Files.readString(path).lines().count()).isEqualTo(3);
  }

  @Test
  void append_muchText_rotates() throws Exception {
    String block = ("y".repeat(99) + "\n").repeat(10_000);
    for (int i = 0; i < 12; i++) {
      write("stdout", block);
    }
    assertThat(Files.size(path)).isLessThanOrEqualTo(LogFile.MAX_BYTES);
    assertThat(LogFile.rotated(path)).exists();
    assertThat(read(options(1, null, false, -1, ""))).isEqualTo("y".repeat(99) + "\n");
  }

  @Test
  void follow_endsWithTheContainer() throws Exception {
    write("stdout", "one\n");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Thread reader =
        Thread.startVirtualThread(
            () -> {
              try {
                LogReader.copy(path, new Options(true, -1, null, false, -1, ""), out);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    await().until(() -> out.toString(StandardCharsets.UTF_8).equals("one\n"));
    write("stdout", "two\n");
    await().until(() -> out.toString(StandardCharsets.UTF_8).equals("one\ntwo\n"));
    log.close();
    reader.join();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("one\ntwo\n");
  }
}
