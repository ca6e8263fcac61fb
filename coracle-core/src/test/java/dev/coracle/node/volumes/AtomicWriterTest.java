package dev.coracle.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.node.volumes.AtomicWriter.Content;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriterTest {

  @TempDir private Path directory;

  private static Content content(String text, int mode) {
    return new Content(text.getBytes(StandardCharsets.UTF_8), mode);
  }

  @Test
  void write_first_linksThroughData() throws Exception {
    AtomicWriter writer = new AtomicWriter(directory, -1);
    assertThat(writer.write(Map.of("a", content("one", 0644), "dir/b", content("two", 0400))))
        .isTrue();
    assertThat(directory.resolve("a")).hasContent("one");
    assertThat(directory.resolve("dir/b")).hasContent("two");
    assertThat(Files.readSymbolicLink(directory.resolve("a"))).isEqualTo(Path.of("..data/a"));
    assertThat(Files.readSymbolicLink(directory.resolve("..data")).toString())
        .matches("\\.\\.\\d{4}_\\d\\d_\\d\\d_\\d\\d_\\d\\d_\\d\\d\\.\\d+");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("dir/b"))))
        .isEqualTo("r--------");
  }

  @Test
  void write_same_changesNothing() throws Exception {
    AtomicWriter writer = new AtomicWriter(directory, -1);
    writer.write(Map.of("a", content("one", 0644)));
    Path before = Files.readSymbolicLink(directory.resolve("..data"));
    assertThat(writer.write(Map.of("a", content("one", 0644)))).isFalse();
    assertThat(Files.readSymbolicLink(directory.resolve("..data"))).isEqualTo(before);
  }

  @Test
  void write_again_replacesAllAndLeavesNothing() throws Exception {
    AtomicWriter writer = new AtomicWriter(directory, -1);
    writer.write(Map.of("a", content("one", 0644), "old", content("x", 0644)));
    assertThat(writer.write(Map.of("a", content("two", 0644), "new", content("y", 0644)))).isTrue();
    assertThat(directory.resolve("a")).hasContent("two");
    assertThat(directory.resolve("new")).hasContent("y");
    try (Stream<Path> entries = Files.list(directory)) {
      assertThat(entries.map(p -> p.getFileName().toString()).filter(n -> !n.startsWith("..2")))
          .containsExactlyInAnyOrder("..data", "a", "new");
    }
    try (Stream<Path> entries = Files.list(directory)) {
      assertThat(entries.filter(p -> p.getFileName().toString().startsWith("..2"))).hasSize(1);
    }
  }

  @org.junit.jupiter.params.ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(
      strings = {"../out", "a/../../out", "/nonexistent/out", "..data", "..hidden", "a/..", ""})
  void write_pathThatLeavesTheVolume_isRefused(String path) throws Exception {
    Path volume = Files.createDirectory(directory.resolve("volume"));
    AtomicWriter writer = new AtomicWriter(volume, -1);

    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> writer.write(Map.of(path, content("x", 0644))))
        .isInstanceOf(java.io.IOException.class)
        .hasMessageContaining("invalid path");
    assertThat(volume).isEmptyDirectory();
    assertThat(directory.resolve("out")).doesNotExist();
  }
}
