package dev.coracle.controller.nodelifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import dev.coracle.controller.nodelifecycle.NodeHealth.Eviction;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class NodeHealthTest {

  private static final String NOW = "2026-01-01T01:00:00Z";

  private static KubeObject node(String ready, String spec) {
    return Make.object(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: n, creationTimestamp: "2026-01-01T00:00:00Z"}
        spec: {%s}
        status: {conditions: [{type: Ready, status: "%s"}]}
        """
            .formatted(spec, ready));
  }

  @Test
  void silent_node_isUnknownInEveryCondition() {
    ArrayNode conditions = NodeHealth.silent(node("True", ""), NOW);
    assertThat(conditions).hasSize(4);
    assertThat(conditions.get(0).path("reason").asText()).isEqualTo("NodeStatusUnknown");
    assertThat(conditions.get(1).path("reason").asText()).isEqualTo("NodeStatusNeverUpdated");
  }

  @Test
  void taints_readyNode_keepsThoseOfOthersOnly() {
    assertThat(NodeHealth.taints(node("True", ""), Eviction.DUE, NOW)).isNull();
    ArrayNode taints =
        NodeHealth.taints(
            node(
                "True",
                "taints: [{key: mine, effect: NoSchedule},"
                    + " {key: node.kubernetes.io/not-ready, effect: NoExecute}]"),
            Eviction.DUE,
            NOW);
    assertThat(taints)
        .singleElement()
        .satisfies(t -> assertThat(t.path("key").asText()).isEqualTo("mine"));
  }

  @Test
  void taints_lostAndCordoned_tellBoth() {
    ArrayNode taints = NodeHealth.taints(node("Unknown", "unschedulable: true"), Eviction.DUE, NOW);
    assertThat(taints.toString())
        .contains("unreachable\",\"effect\":\"NoSchedule", "unreachable\",\"effect\":\"NoExecute")
        .contains("node.kubernetes.io/unschedulable");
  }

  @Test
  void mayStay_tolerationSeconds_theShortestCounts() {
    var taints = NodeHealth.taints(node("Unknown", ""), Eviction.DUE, NOW);
    assertThat(NodeHealth.mayStay(taints, Json.array())).isEqualTo(Duration.ZERO);
    assertThat(
            NodeHealth.mayStay(
                taints,
                Json.read(
                    "[{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300}]")))
        .isEqualTo(Duration.ofMinutes(5));
    assertThat(NodeHealth.mayStay(taints, Json.read("[{\"operator\":\"Exists\"}]"))).isNull();
  }
}
