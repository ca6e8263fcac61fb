package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Important Pods take the places of others, through the API. */
class PreemptionStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private KubeObject pod(String name, int priority, String cpu, String more) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, labels: {app: %s}}
        spec:
          priority: %d
          containers: [{name: c, image: i, resources: {requests: {cpu: "%s"}}}]
          %s
        """
            .formatted(name, name, priority, cpu, more));
  }

  private KubeObject awaitRunning(String name) {
    return cluster.awaitObject(
        Resources.PODS, "default", name, pod -> pod.text("status", "phase").equals("Running"));
  }

  private boolean exists(String name) {
    return cluster.admin().find(Resources.PODS, "default", name) != null;
  }

  private String condition(KubeObject pod, String field) {
    for (var condition : pod.at("status", "conditions")) {
      if (condition.path("type").asText().equals("PodScheduled")) {
        return condition.path(field).asText();
      }
    }
    return "";
  }

  @Test
  void preempt_budgetAllowsNoDisruption_takesTheOtherPodThoughItMattersMore() {
    cluster.addNode("node-1", "2", 10);
    assertThat(pod("kept", 0, "1", "").name()).isEqualTo("kept");
    assertThat(pod("victim", 10, "1", "").name()).isEqualTo("victim");
    assertThat(awaitRunning("kept").name()).isEqualTo("kept");
    assertThat(awaitRunning("victim").name()).isEqualTo("victim");
    KubeObject made =
        cluster.apply(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: kept, namespace: default}
            spec: {minAvailable: 1, selector: {matchLabels: {app: kept}}}
            """);
    KubeObject counted =
        cluster.awaitObject(
            Resources.POD_DISRUPTION_BUDGETS,
            "default",
            "kept",
            budget -> budget.at("status", "currentHealthy").asInt() == 1);
    assertThat(counted.uid()).isEqualTo(made.uid());
    cluster.awaitSeenByScheduler(Resources.POD_DISRUPTION_BUDGETS, counted);
    KubeObject important = pod("important", 100, "1", "");
    assertThat(awaitRunning("important").text("spec", "nodeName")).isEqualTo("node-1");
    assertThat(exists("kept")).isTrue();
    await().until(() -> !exists("victim"));
    await()
        .until(
            () ->
                cluster.list(GroupVersionResource.core("events"), "default").stream()
                    .anyMatch(
                        event ->
                            event.text("involvedObject", "name").equals("victim")
                                && event.text("reason").equals("Preempted")
                                && event
                                    .text("message")
                                    .equals(
                                        "Preempted by pod "
                                            + important.uid()
                                            + " on node node-1")));
  }

  @Test
  void preempt_severalNodes_takesTheOneWhosePodsMatterLeast() {
    cluster.addNode("node-1", "1", 10);
    cluster.addNode("node-2", "1", 10);
    assertThat(pod("more", 5, "1", "nodeSelector: {kubernetes.io/hostname: node-1}").name())
        .isEqualTo("more");
    assertThat(pod("less", 1, "1", "nodeSelector: {kubernetes.io/hostname: node-2}").name())
        .isEqualTo("less");
    assertThat(awaitRunning("more").name()).isEqualTo("more");
    assertThat(awaitRunning("less").name()).isEqualTo("less");
    assertThat(pod("important", 100, "1", "").name()).isEqualTo("important");
    assertThat(awaitRunning("important").text("spec", "nodeName")).isEqualTo("node-2");
    assertThat(exists("more")).isTrue();
  }

  @Test
  void preempt_never_waitsAndSaysWhy() {
    cluster.addNode("node-1", "1", 10);
    assertThat(pod("first", 0, "1", "").name()).isEqualTo("first");
    assertThat(awaitRunning("first").name()).isEqualTo("first");
    assertThat(pod("polite", 100, "1", "preemptionPolicy: Never").name()).isEqualTo("polite");
    KubeObject waiting =
        cluster.awaitObject(
            Resources.PODS,
            "default",
            "polite",
            pod -> condition(pod, "reason").equals("Unschedulable"));
    assertThat(condition(waiting, "message"))
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption:"
                + " not eligible due to preemptionPolicy=Never.");
    assertThat(exists("first")).isTrue();
  }

  @Test
  void preempt_nodePromisedToALessImportantPod_takesThePromiseBack() {
    cluster.addNode("node-1", "2", 10);
    KubeObject lasting =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: lasting, namespace: default, finalizers: [example.com/stays]}
            spec:
              priority: 0
              containers: [{name: c, image: i, resources: {requests: {cpu: "2"}}}]
            """);
    assertThat(awaitRunning("lasting").uid()).isEqualTo(lasting.uid());
    assertThat(pod("medium", 10, "2", "").name()).isEqualTo("medium");
    assertThat(awaitNominated("medium", "node-1").uid()).isNotEmpty();
    assertThat(pod("high", 100, "2", "").name()).isEqualTo("high");
    assertThat(awaitNominated("high", "node-1").uid()).isNotEmpty();
    assertThat(awaitNominated("medium", "").uid()).isNotEmpty();
  }

  private KubeObject awaitNominated(String name, String node) {
    return cluster.awaitObject(
        Resources.PODS,
        "default",
        name,
        pod -> pod.text("status", "nominatedNodeName").equals(node));
  }
}
