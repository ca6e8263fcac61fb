package dev.coracle.controller.podautoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplicaCalculatorTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");
  private static final ReplicaCalculator.Tolerances USUAL =
      new ReplicaCalculator.Tolerances(0.1, 0.1);

  private static KubeObject pod(String name, String phase, boolean ready, String started) {
    return Make.object(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: ns}
        spec: {containers: [{name: c, resources: {requests: {cpu: 100m}}}]}
        status:
          phase: %s
          startTime: "%s"
          conditions: [{type: Ready, status: "%s", lastTransitionTime: "%s"}]
        """
            .formatted(name, phase, started, ready ? "True" : "False", started));
  }

  private static KubeObject running(String name) {
    return pod(name, "Running", true, "2026-01-01T00:00:00Z");
  }

  private static Map<String, ReplicaCalculator.PodMetric> usage(Object... namesAndMilli) {
    Map<String, ReplicaCalculator.PodMetric> metrics = new HashMap<>();
    for (int i = 0; i < namesAndMilli.length; i += 2) {
      metrics.put(
          (String) namesAndMilli[i],
          new ReplicaCalculator.PodMetric(
              (Integer) namesAndMilli[i + 1], NOW, Duration.ofSeconds(15)));
    }
    return metrics;
  }

  private static ReplicaCalculator of(List<KubeObject> pods) {
    return new ReplicaCalculator(pods, pods.size(), USUAL, NOW);
  }

  private static final List<KubeObject> TWO = List.of(running("a"), running("b"));

  @Test
  void utilization_aboveTarget_asksForMore() throws Exception {
    ReplicaCalculator.Proposal proposal =
        of(TWO).utilization(usage("a", 90, "b", 110), "cpu", "", 50);
    assertThat(proposal).isEqualTo(new ReplicaCalculator.Proposal(4, 100, 100));
  }

  @Test
  void utilization_withinTolerance_staysAsItIs() throws Exception {
    assertThat(of(TWO).utilization(usage("a", 54, "b", 55), "cpu", "", 50).replicas()).isEqualTo(2);
    assertThat(of(TWO).utilization(usage("a", 56, "b", 56), "cpu", "", 50).replicas()).isEqualTo(3);
  }

  @Test
  void utilization_missingPod_slowsTheChange() throws Exception {
    List<KubeObject> three = new ArrayList<>(TWO);
    three.add(running("c"));
    assertThat(of(three).utilization(usage("a", 10, "b", 10), "cpu", "", 50).replicas())
        .isEqualTo(3);
    assertThat(of(three).utilization(usage("a", 100, "b", 100), "cpu", "", 50).replicas())
        .isEqualTo(4);
  }

  @Test
  void utilization_unreadyPod_usesNothingOnTheWayUp() throws Exception {
    List<KubeObject> three = new ArrayList<>(TWO);
    three.add(pod("c", "Running", false, "2026-01-01T00:59:00Z"));
    assertThat(of(three).utilization(usage("a", 100, "b", 100, "c", 500), "cpu", "", 50).replicas())
        .isEqualTo(4);
    assertThat(of(three).utilization(usage("a", 60, "b", 60, "c", 0), "cpu", "", 50).replicas())
        .isEqualTo(3);
  }

  @Test
  void utilization_noRequest_saysSo() {
    KubeObject bare =
        Make.object(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c}]},"
                + " status: {phase: Running}}");
    assertThatThrownBy(() -> of(List.of(bare)).utilization(usage("a", 1), "memory", "", 50))
        .hasMessage("missing request for memory in container c of Pod a");
    assertThatThrownBy(() -> of(List.of()).average(usage(), "cpu", 1))
        .hasMessage("no pods returned by selector while calculating replica count");
    assertThatThrownBy(
            () ->
                of(List.of(pod("a", "Pending", false, "2026-01-01T00:59:00Z")))
                    .average(usage("a", 1), "cpu", 1))
        .hasMessage("did not receive metrics for targeted pods (pods might be unready)");
  }

  @Test
  void average_overTarget_asksForMore() throws Exception {
    ReplicaCalculator.Proposal proposal =
        of(TWO).average(usage("a", 3000, "b", 5000), "memory", 2000);
    assertThat(proposal).isEqualTo(new ReplicaCalculator.Proposal(4, -1, 4000));
  }
}
