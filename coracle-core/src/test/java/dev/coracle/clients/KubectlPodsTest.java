package dev.coracle.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cluster.TestCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people do with Pods that really run, by the newest kubectl that the machine has. */
class KubectlPodsTest {

  @TempDir static Path directory;
  private static @Nullable TestCluster cluster;
  private static String kubectl = "";

  @BeforeAll
  static void start() throws IOException {
    List<String> kubectls = KubectlStory.kubectls();
    Assumptions.assumeFalse(kubectls.isEmpty(), "kubectl is not installed");
    KubectlStory.assumeRoot();
    kubectl = kubectls.getLast();
    cluster = TestCluster.start(directory);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static KubectlStory story(String namespace) {
    assertThat(cluster).isNotNull();
    return new KubectlStory(cluster, kubectl, namespace, directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"terminals", "failing", "resize", "rollout"})
  void story_told_kubectlSaysWhatItSays(String name) throws Exception {
    story(name).play("kubectl-" + name + ".txt");
  }

  @Test
  void node_drainedAndTainted_kubectlSaysWhatItSays(@TempDir Path own) throws Exception {
    try (TestCluster emptied = TestCluster.start(own)) {
      new KubectlStory(emptied, kubectl, "drain", own).play("kubectl-drain.txt");
    }
  }

  @Test
  void portForward_manyConnectionsAndNobodyThere_saysWhat() throws Exception {
    KubectlStory story = story("forward");
    story.play("kubectl-forward.txt");
    Process forward =
        story
            .kubectl(List.of("port-forward", "service/echo", ":80", ":81"))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader said = forward.inputReader(StandardCharsets.UTF_8)) {
      int open = port(said, "8080");
      for (int i = 0; i < 20; i++) {
        assertThat(ask(open)).isEqualTo("hello");
      }
      assertThat(ask(port(said, "8081"))).isEmpty();
      String error = "";
      for (String line = ""; line != null && error.isEmpty(); line = said.readLine()) {
        error = line.contains("error forwarding port 8081") ? line : "";
      }
      assertThat(error).contains("onnection refused");
    } finally {
      forward.destroy();
    }
  }

  private static int port(BufferedReader said, String target) throws IOException {
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      if (line.matches("Forwarding from 127.0.0.1:\\d+ -> " + target)) {
        return Integer.parseInt(line.replaceAll(".*127.0.0.1:(\\d+) .*", "$1"));
      }
    }
    throw new IllegalStateException("no port for " + target);
  }

  private static String ask(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("hello\n".getBytes(StandardCharsets.UTF_8));
      byte[] answer = socket.getInputStream().readAllBytes();
      return new String(answer, StandardCharsets.UTF_8).strip();
    }
  }
}
