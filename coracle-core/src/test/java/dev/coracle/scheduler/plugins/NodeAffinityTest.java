package dev.coracle.scheduler.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.Yaml;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.Scene;
import dev.coracle.scheduler.profile.Algorithm;
import dev.coracle.scheduler.profile.Decision;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NodeAffinityTest {

  private static final NodeAffinity PLAIN = new NodeAffinity(MissingNode.getInstance());

  private final Scene scene = new Scene();

  private static PodInfo on(String... nodes) {
    StringBuilder terms = new StringBuilder();
    for (String node : nodes) {
      terms.append("{matchFields: [{key: metadata.name, operator: In, values: [" + node + "]}]},");
    }
    return Scene.pod(
        "p",
        "",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
            + " {nodeSelectorTerms: ["
            + terms
            + "]}}}, "
            + Scene.asks("cpu: 9"));
  }

  @Test
  void onlyNodes_byName_areTheUnionOfTheTerms() throws Exception {
    assertThat(PLAIN.onlyNodes(on("a", "b"), scene)).containsExactlyInAnyOrder("a", "b");
    assertThat(PLAIN.onlyNodes(Scene.pod("p", "", Scene.asks("")), scene)).isNull();
  }

  @Test
  void onlyNodes_contradiction_saysSo() {
    PodInfo nowhere =
        Scene.pod(
            "p",
            "",
            "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                + " {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In,"
                + " values: [a]}, {key: metadata.name, operator: In, values: [b]}]}]}}}");
    assertThatThrownBy(() -> PLAIN.onlyNodes(nowhere, scene))
        .isInstanceOfSatisfying(
            FilterPlugin.Unschedulable.class,
            e -> assertThat(e.reason()).isEqualTo("pod affinity terms conflict"));
  }

  @Test
  void choose_podOfOneNode_tellsOfTheOthersInOneReason() {
    scene.node("a", "");
    scene.node("b", "");
    scene.node("c", "");
    Algorithm algorithm = Algorithm.standard(new Random(1));
    Decision decision = algorithm.choose(on("a"), scene, null);
    assertThat(((Decision.None) decision).message(""))
        .isEqualTo(
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s)"
                + " [NodeAffinity].");
  }

  @Test
  void addedAffinity_holdsForEveryPod() throws Exception {
    NodeInfo a = scene.node("a", "disk: ssd");
    NodeInfo b = scene.node("b", "disk: hdd");
    NodeAffinity added =
        new NodeAffinity(
            Yaml.read(
                """
                requiredDuringSchedulingIgnoredDuringExecution:
                  nodeSelectorTerms:
                  - matchExpressions: [{key: disk, operator: In, values: [ssd]}]
                """
                    .getBytes(StandardCharsets.UTF_8)));
    PodInfo pod = Scene.pod("p", "", Scene.asks(""));
    assertThat(scene.rejection(added, pod, a)).isNull();
    assertThat(scene.rejection(added, pod, b))
        .isEqualTo(
            FilterPlugin.Rejection.unresolvable(
                "node(s) didn't match scheduler-enforced node affinity"));
  }

  @Test
  void imageLocality_rareImage_countsLess() {
    String image = ", images: [{names: [\"i:latest\"], sizeBytes: 1048576000}]";
    scene.node("a", "", "", image);
    scene.node("b", "");
    // half of the nodes have it: half of its 1000 MiB counts, between 23 and 1000
    assertThat(scene.scores(new ImageLocality(), Scene.pod("p", "", Scene.asks(""))))
        .containsExactly(48, 0);
  }
}
