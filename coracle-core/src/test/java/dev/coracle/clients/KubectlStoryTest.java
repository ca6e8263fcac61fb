package dev.coracle.clients;

import dev.coracle.cluster.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same stories, told by every generation of kubectl that the machine has. */
class KubectlStoryTest {

  static List<String> kubectls() throws IOException {
    List<String> kubectls = KubectlStory.kubectls();
    Assumptions.assumeFalse(kubectls.isEmpty(), "kubectl is not installed");
    return kubectls;
  }

  @ParameterizedTest
  @MethodSource("kubectls")
  void objects_createdChangedDeleted_kubectlSaysWhatItSays(String kubectl, @TempDir Path directory)
      throws Exception {
    try (TestCluster cluster = TestCluster.simulated(directory)) {
      new KubectlStory(cluster, kubectl, "story", directory).play("kubectl-story.txt");
    }
  }

  @ParameterizedTest
  @MethodSource("kubectls")
  void pod_runLookedIntoDeleted_kubectlSaysWhatItSays(String kubectl, @TempDir Path directory)
      throws Exception {
    KubectlStory.assumeRoot();
    try (TestCluster cluster = TestCluster.start(directory)) {
      new KubectlStory(cluster, kubectl, "pods", directory).play("kubectl-pods.txt");
    }
  }
}
