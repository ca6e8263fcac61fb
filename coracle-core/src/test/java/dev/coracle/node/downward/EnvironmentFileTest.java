package dev.coracle.node.downward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentFileTest {

  @Test
  void parse_quotedValues_areTakenLiterally() throws IOException {
    String text = "# first\n\n  A='one two' # why\nB='$A \"x\"\nand more'\nEMPTY=\nC=''\n";
    assertThat(EnvironmentFile.parse(text))
        .containsExactly(
            Map.entry("A", "one two"),
            Map.entry("B", "$A \"x\"\nand more"),
            Map.entry("EMPTY", ""),
            Map.entry("C", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "='x'", "A ='x'", "A=x", "A=\"x\"", "A='x", "A='x'y"})
  void parse_somethingElse_isRefused(String text) {
    assertThatThrownBy(() -> EnvironmentFile.parse(text)).isInstanceOf(IOException.class);
  }

  @Test
  void read_pathThatLeavesTheVolume_isRefused(@TempDir Path directory) throws IOException {
    Path volume = Files.createDirectory(directory.resolve("volume"));
    Files.writeString(directory.resolve("secret"), "A='x'\n");
    Files.createSymbolicLink(volume.resolve("link"), directory.resolve("secret"));
    Files.writeString(volume.resolve("file"), "A='x'\n");
    assertThat(EnvironmentFile.read(volume, "file")).containsEntry("A", "x");
    for (String path : new String[] {"link", "../secret", "none"}) {
      assertThatThrownBy(() -> EnvironmentFile.read(volume, path)).isInstanceOf(IOException.class);
    }
  }
}
