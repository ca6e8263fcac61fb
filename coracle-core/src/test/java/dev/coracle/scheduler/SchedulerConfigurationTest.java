package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.cluster.ClusterOptions;
import dev.coracle.cluster.TestCluster;
import dev.coracle.scheduler.config.Point;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulerConfigurationTest {

  @TempDir private Path directory;

  private SchedulerConfiguration read(String profiles) throws Exception {
    Path file = directory.resolve("scheduler.yaml");
    Files.writeString(
        file,
        """
        apiVersion: kubescheduler.config.k8s.io/v1
        kind: KubeSchedulerConfiguration
        %s
        """
            .formatted(profiles));
    return SchedulerConfiguration.read(file);
  }

  @Test
  void read_profiles_knowsWhatIsOffAndWhatWeighsMore() throws Exception {
    SchedulerConfiguration configuration =
        read(
            """
            profiles:
            - schedulerName: default-scheduler
            - schedulerName: packed
              plugins:
                multiPoint: {disabled: [{name: InterPodAffinity}]}
                score:
                  disabled: [{name: "*"}]
                  enabled: [{name: ImageLocality, weight: 5}]
                postFilter: {disabled: [{name: DefaultPreemption}]}
            """);
    SchedulerConfiguration.Profile packed = configuration.profiles().get(1);
    assertThat(configuration.profiles().getFirst().has(Point.POST_FILTER, "DefaultPreemption"))
        .isTrue();
    assertThat(packed.has(Point.POST_FILTER, "DefaultPreemption")).isFalse();
    assertThat(packed.has(Point.FILTER, "InterPodAffinity")).isFalse();
    assertThat(packed.at(Point.SCORE))
        .containsExactly(new SchedulerConfiguration.Weighted("ImageLocality", 5));
    assertThat(read("").profiles()).isEqualTo(SchedulerConfiguration.DEFAULT.profiles());
  }

  @Test
  void read_whatIsNotThere_saysSo() {
    assertThatThrownBy(() -> read("profiles: [{plugins: {score: {enabled: [{name: Magic}]}}}]"))
        .hasMessageContaining("ScorePlugin \"Magic\" does not exist");
    assertThatThrownBy(() -> read("profiles: [{schedulerName: a}, {schedulerName: a}]"))
        .hasMessageContaining("Duplicate value: \"profiles[0].schedulerName\"");
    assertThatThrownBy(() -> SchedulerConfiguration.read(directory.resolve("none")))
        .hasMessageContaining("can't read");
  }

  @Test
  void profile_withoutTaints_placesItsPodsWhereOthersMayNotGo() throws Exception {
    assertThat(
            read("""
                    profiles:
                    - schedulerName: default-scheduler
                    - schedulerName: bold
                      plugins: {filter: {disabled: [{name: TaintToleration}]}}
                    """)
                .profiles())
        .hasSize(2);
    GroupVersionResource pods = GroupVersionResource.core("pods");
    try (TestCluster cluster =
        TestCluster.start(
            TestCluster.options(
                    directory, ClusterOptions.Runtime.SIMULATED, ClusterOptions.Part.ALL)
                .toBuilder()
                .schedulerConfig(directory.resolve("scheduler.yaml"))
                .build())) {
      assertThat(cluster.kubectl("taint", "node", "test-node", "a=b:NoSchedule").exitCode())
          .isZero();
      String pod =
          """
          {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"schedulerName":"%s",
          "containers":[{"name":"c","image":"i"}]}}
          """;
      for (String name : new String[] {"default-scheduler", "bold", "other"}) {
        String made = pod.formatted(name, name);
        assertThat(cluster.kubectlWithInput(made, "create", "-f", "-").exitCode()).isZero();
      }
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> !node(cluster.client().get(pods, "default", "bold")).isEmpty());
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () ->
                  assertThat(cluster.kubectl("get", "events").text())
                      .contains("FailedScheduling", "untolerated taint"));
      assertThat(node(cluster.client().get(pods, "default", "default-scheduler"))).isEmpty();
      assertThat(node(cluster.client().get(pods, "default", "other"))).isEmpty();
      assertThat(cluster.kubectl("get", "events", "-o", "wide").text())
          .containsPattern("Scheduled.* bold");
    }
  }

  private static String node(KubeObject pod) {
    return pod.text("spec", "nodeName");
  }
}
