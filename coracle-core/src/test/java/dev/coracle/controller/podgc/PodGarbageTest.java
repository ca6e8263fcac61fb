package dev.coracle.controller.podgc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.List;
import org.junit.jupiter.api.Test;

class PodGarbageTest {

  private static final String DELETED = ", deletionTimestamp: \"2026-01-01T00:00:00Z\"";

  private static KubeObject node(String ready, String taints) {
    return Make.object(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: node-1}
        spec: {taints: [%s]}
        status: {conditions: [{type: Ready, status: "%s"}]}
        """
            .formatted(taints, ready));
  }

  private static KubeObject pod(String name, String created, String status) {
    return Make.object(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: ns, creationTimestamp: "2026-01-01T00:00:%sZ"}
        status: {%s}
        """
            .formatted(name, created, status));
  }

  @Test
  void isStuck_outOfServiceNode_onlyWhenNotReadyToo() {
    String taint = "{key: node.kubernetes.io/out-of-service, effect: NoExecute}";
    KubeObject pod = Make.pod("a", "Running", true, DELETED);
    assertThat(PodGarbage.isStuck(pod, node("False", taint))).isTrue();
    assertThat(PodGarbage.isStuck(pod, node("True", taint))).isFalse();
    assertThat(PodGarbage.isStuck(pod, node("Unknown", ""))).isFalse();
    assertThat(PodGarbage.isStuck(Make.pod("a", "Running", true, ""), node("False", taint)))
        .isFalse();
  }

  @Test
  void isStuck_noNode_onlyWhenNeverScheduled() {
    KubeObject scheduled = Make.pod("a", "Pending", false, DELETED);
    assertThat(PodGarbage.isStuck(scheduled, null)).isFalse();
    KubeObject unscheduled =
        Make.object(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: a, namespace: ns, deletionTimestamp: "2026-01-01T00:00:00Z"}
            """);
    assertThat(PodGarbage.isStuck(unscheduled, null)).isTrue();
  }

  @Test
  void surplus_evictedFirst_thenTheOldest() {
    List<KubeObject> pods =
        List.of(
            pod("running", "00", "phase: Running"),
            pod("new", "03", "phase: Succeeded"),
            pod("old", "01", "phase: Failed"),
            pod("b", "02", "phase: Succeeded"),
            pod("a", "02", "phase: Succeeded"),
            pod("evicted", "04", "phase: Failed, reason: Evicted"));
    assertThat(PodGarbage.surplus(pods, 2))
        .extracting(KubeObject::name)
        .containsExactly("evicted", "old", "a");
    assertThat(PodGarbage.surplus(pods, 5)).isEmpty();
  }
}
