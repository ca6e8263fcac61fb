package dev.coracle.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ClusterOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        .hasMessageEndingWith("none: no such file or directory");
  }

  @Test
  void read_pluginConfig_reachesThePlugins() throws Exception {
    PluginArgs args =
        read("""
                percentageOfNodesToScore: 30
                podMaxBackoffSeconds: 60
                profiles:
                - pluginConfig:
                  - name: NodeResourcesFit
                    args:
                      apiVersion: kubescheduler.config.k8s.io/v1
                      kind: NodeResourcesFitArgs
                      ignoredResources: [example.com/a]
                      scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 5}]}
                  - name: PodTopologySpread
                    args:
                      defaultingType: List
                      defaultConstraints:
                      - {maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule}
                  - name: InterPodAffinity
                    args: {hardPodAffinityWeight: 7}
                  - name: VolumeBinding
                    args: {bindTimeoutSeconds: 30}
                """)
            .profiles()
            .getFirst()
            .args();
    assertThat(args.fit().ignored()).containsExactly("example.com/a");
    assertThat(args.fit().strategy().type()).isEqualTo(PluginArgs.StrategyType.MOST);
    assertThat(args.fit().strategy().resources())
        .containsExactly(new PluginArgs.ResourceWeight("cpu", 5));
    assertThat(args.spread().constraints().getFirst().topologyKey()).isEqualTo("rack");
    assertThat(args.hardPodAffinityWeight()).isEqualTo(7);
    assertThat(args.bindTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(args.balanced()).isEqualTo(PluginArgs.DEFAULT.balanced());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "profile: []|strict decoding error: unknown field \"profile\"",
        "profiles: [{plugin: {}}]|unknown field \"profiles[0].plugin\"",
        "profiles: [{plugins: {scores: {}}}]|unknown field \"profiles[0].plugins.scores\"",
        "profiles: {}|profiles is not a list",
        "percentageOfNodesToScore: 101|percentageOfNodesToScore: Invalid value: 101: not in valid",
        "podInitialBackoffSeconds: 0|must be greater than 0",
        "podMaxBackoffSeconds: x|podMaxBackoffSeconds is not a whole number",
        "profiles: [{}, {}]|profiles[0].schedulerName: Required value",
        "profiles: [{plugins: {filter: {enabled: [{name: ImageLocality}]}}}]"
            + "|plugin \"ImageLocality\" does not extend FilterPlugin plugin",
        "profiles: [{plugins: {bind: {disabled: [{name: \"*\"}]}}}]"
            + "|at least one bind plugin is needed for profile with scheduler name",
        "profiles: [{plugins: {multiPoint: {disabled: [{name: PrioritySort}]}}}]"
            + "|only one queue sort plugin required",
        "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {foo: 1}}]}]"
            + "|unknown field \"profiles[0].pluginConfig[0].args.foo\"",
        "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {kind: OtherArgs}}]}]"
            + "|args for plugin NodeResourcesFit were not of type NodeResourcesFitArgs",
        "profiles: [{pluginConfig: [{name: NodeResourcesFit,"
            + " args: {scoringStrategy: {type: Best}}}]}]"
            + "|Unsupported value: \"Best\": supported values: \"LeastAllocated\"",
        "profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}]}]"
            + "|not in valid range [0, 100]",
        "profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultConstraints:"
            + " [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}}]}]"
            + "|when .defaultConstraints are not empty",
        "extenders: [{urlPrefix: x}]|extenders: not supported"
      })
  void read_wrong_isOneSentence(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void read_anotherKind_isNotRegistered() throws Exception {
    Path file = directory.resolve("other.yaml");
    Files.writeString(file, "{apiVersion: kubescheduler.config.k8s.io/v1beta3, kind: A}");
    assertThatThrownBy(() -> SchedulerConfiguration.read(file))
        .hasMessageContaining(
            "no kind \"A\" is registered for version \"kubescheduler.config.k8s.io/v1beta3\"");
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
      await().until(() -> !node(cluster.client().get(pods, "default", "bold")).isEmpty());
      await()
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
