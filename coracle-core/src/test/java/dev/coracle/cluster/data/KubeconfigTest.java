package dev.coracle.cluster.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeconfigTest {

  private static final Kubeconfig.Access ACCESS =
      new Kubeconfig.Access("https://127.0.0.1:6443", "CA", "CERT", "KEY");

  private static final String OTHERS =
      """
      # my clusters
      apiVersion: v1
      kind: Config
      preferences: {colors: true}
      clusters:
      - cluster:
          server: https://prod.example:6443 # the big one
          x-unknown: "keep me"
        name: prod
      contexts:
      - name: prod
        context: {cluster: prod, user: me, namespace: "007"}
      current-context: prod
      users:
      - name: me
        user:
          exec:
            command: login
            args: ["--token", "yes"]
      """;

  @TempDir Path directory;

  @Test
  void merge_withoutFile_makesAPrivateOne() throws IOException {
    Path file = directory.resolve("new/config");
    Kubeconfig.merge(file, ACCESS);
    assertThat(Files.readString(file)).isEqualTo(Kubeconfig.text(ACCESS));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void merge_intoOthers_keepsThemAndTheirComments() throws IOException {
    Path file = Files.writeString(directory.resolve("config"), OTHERS);
    Kubeconfig.merge(file, ACCESS);
    String text = Files.readString(file);
    assertThat(text)
        .contains("# my clusters", "# the big one", "x-unknown: \"keep me\"", "namespace: \"007\"")
        .contains("name: prod", "command: login", "\"--token\"")
        .contains("current-context: coracle", "server: https://127.0.0.1:6443");
  }

  @Test
  void merge_twice_changesOnlyOurEntry() throws IOException {
    Path file = Files.writeString(directory.resolve("config"), OTHERS);
    Kubeconfig.merge(file, ACCESS);
    String once = Files.readString(file);
    Kubeconfig.merge(file, new Kubeconfig.Access("https://127.0.0.1:7777", "CA", "CERT", "KEY"));
    assertThat(Files.readString(file)).isEqualTo(once.replace("127.0.0.1:6443", "127.0.0.1:7777"));
  }

  @Test
  void remove_afterMerge_leavesTheOthersAlone() throws IOException {
    Path file = Files.writeString(directory.resolve("config"), OTHERS);
    Kubeconfig.merge(file, ACCESS);
    assertThat(Kubeconfig.remove(file)).isTrue();
    assertThat(Files.readString(file)).doesNotContain("coracle").contains("name: prod");
    assertThat(Kubeconfig.remove(file)).isFalse();
  }

  @Test
  void merge_intoBrokenYaml_failsAndLeavesItAlone() throws IOException {
    Path file = Files.writeString(directory.resolve("config"), "clusters: [oops\n  - {");
    assertThatThrownBy(() -> Kubeconfig.merge(file, ACCESS))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("left as it is");
    assertThat(file).hasContent("clusters: [oops\n  - {");
  }

  @Test
  void merge_throughALink_keepsTheLinkAndTheMode() throws IOException {
    Path target = Files.writeString(directory.resolve("real"), OTHERS);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r-----"));
    Path link = Files.createSymbolicLink(directory.resolve("config"), target);
    Kubeconfig.merge(link, ACCESS);
    assertThat(link).isSymbolicLink();
    assertThat(Files.readString(target)).contains("coracle");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
        .isEqualTo("rw-r-----");
  }

  @Test
  void merge_emptyLists_becomesUsable() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("config"),
            "apiVersion: v1\nkind: Config\nclusters: null\ncontexts: []\nusers: []\n");
    Kubeconfig.merge(file, ACCESS);
    assertThat(Files.readString(file)).contains("current-context: coracle", "name: coracle");
  }

  @Test
  void userFile_followsKubectl() {
    assertThat(Kubeconfig.userFile(Map.of("KUBECONFIG", ":/a:/b", "HOME", "/h")))
        .isEqualTo(Path.of("/a"));
    assertThat(Kubeconfig.userFile(Map.of("HOME", "/h"))).isEqualTo(Path.of("/h/.kube/config"));
  }
}
