package dev.coracle.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.node.runtime.RuntimeFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Pod can write whatever it likes into its volumes; subPath must stay in them all the same. */
class SubPathTest {

  @TempDir private Path directory;
  private Path volume;
  private Path outside;

  @BeforeEach
  void make() throws Exception {
    volume = Files.createDirectory(directory.resolve("volume"));
    outside = Files.createDirectory(directory.resolve("outside"));
  }

  @Test
  void inside_isMadeAndGiven() throws Exception {
    assertThat(ContainerConfigs.subPath(volume, "a/b"))
        .isDirectory()
        .isEqualTo(volume.toRealPath().resolve("a/b"));
  }

  @Test
  void linkInside_isFollowed() throws Exception {
    Files.createDirectory(volume.resolve("real"));
    Files.createSymbolicLink(volume.resolve("link"), Path.of("real"));

    assertThat(ContainerConfigs.subPath(volume, "link/x"))
        .isEqualTo(volume.toRealPath().resolve("real/x"));
  }

  @Test
  void dots_thatLeave_areRefused() {
    assertThatThrownBy(() -> ContainerConfigs.subPath(volume, "a/../../outside"))
        .isInstanceOf(RuntimeFailure.class)
        .hasMessageContaining("leaves its volume");
  }

  @Test
  void linkThatLeaves_isRefused_andNothingIsMadeBehindIt() throws Exception {
    Files.createSymbolicLink(volume.resolve("link"), outside);

    assertThatThrownBy(() -> ContainerConfigs.subPath(volume, "link"))
        .hasMessageContaining("leaves its volume");
    assertThatThrownBy(() -> ContainerConfigs.subPath(volume, "link/planted/deep"))
        .hasMessageContaining("leaves its volume");
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void linkThroughLinks_isRefused() throws Exception {
    Files.createSymbolicLink(volume.resolve("one"), Path.of("two"));
    Files.createSymbolicLink(volume.resolve("two"), Path.of("../outside"));

    assertThatThrownBy(() -> ContainerConfigs.subPath(volume, "one/x"))
        .hasMessageContaining("leaves its volume");
    assertThat(outside).isEmptyDirectory();
  }
}
