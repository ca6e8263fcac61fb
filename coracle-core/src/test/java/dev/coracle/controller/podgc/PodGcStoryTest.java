package dev.coracle.controller.podgc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PodGcStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(
              new ControllableClock(new SystemClock(), Instant.parse("2026-01-01T00:00:00Z")))
          .withNode("stays", "64", 200);

  private final String namespace = cluster.namespace();

  @BeforeEach
  void enter() {
    cluster.runPods(true);
  }

  private KubeObject pod(String name, String node, String finalizers) {
    KubeObject pod =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, namespace: %s, finalizers: [%s]}
            spec: {nodeName: "%s", containers: [{name: c, image: i}]}
            """
                .formatted(name, namespace, finalizers, node));
    return node.isEmpty()
        ? pod
        : cluster.awaitObject(
            Resources.PODS, namespace, name, p -> p.text("status", "phase").equals("Running"));
  }

  @Test
  void nodeGone_afterItsQuietTime_podsFailAsDisruptedAndGo() {
    cluster.addNode("goes", "64", 200);
    KubeObject kept = pod("kept", "stays", "");
    KubeObject lost = pod("lost", "goes", "example.com/look");
    delete("goes");
    // the controllers' caches have seen it go
    cluster.awaitEvent(
        "", "goes", "RemovingNode: Node goes event: Removing Node goes from Controller");
    cluster.turn(Duration.ofSeconds(5));
    assertThat(cluster.admin().get(Resources.PODS, namespace, "lost").isDeleting()).isFalse();
    cluster.turn(Duration.ofSeconds(40));
    KubeObject failed =
        cluster.awaitObject(Resources.PODS, namespace, lost.name(), KubeObject::isDeleting);
    assertThat(failed.text("status", "phase")).isEqualTo("Failed");
    JsonNode why = Conditions.find(failed.at("status", "conditions"), "DisruptionTarget");
    assertThat(why).isNotNull();
    assertThat(why.path("status").asText()).isEqualTo("True");
    assertThat(why.path("reason").asText()).isEqualTo("DeletionByPodGC");
    assertThat(why.path("message").asText()).isEqualTo("PodGC: node no longer exists");
    assertThat(cluster.admin().get(Resources.PODS, namespace, kept.name()).isDeleting()).isFalse();
    KubeObject unused =
        cluster.change(Resources.PODS, namespace, "lost", "{metadata: {finalizers: []}}");
    cluster.awaitGone(Resources.PODS, namespace, "lost");
  }

  private static void delete(String node) {
    KubeObject unused = cluster.admin().delete(Resources.NODES, "", node, DeleteOptions.DEFAULT);
  }

  @Test
  void nodeGone_comesBackInTime_podsStay() {
    cluster.addNode("blinks", "64", 200);
    KubeObject pod = pod("lucky", "blinks", "");
    delete("blinks");
    cluster.turn(Duration.ofSeconds(5));
    cluster.addNode("blinks", "64", 200);
    cluster.turn(Duration.ofSeconds(50));
    assertThat(cluster.admin().get(Resources.PODS, namespace, pod.name()).isDeleting()).isFalse();
  }

  @Test
  void restart_nodeWentMeanwhile_podsGo() throws Exception {
    cluster.addNode("brief", "64", 200);
    KubeObject pod = pod("lost", "brief", "");
    cluster.restartControllers(() -> delete("brief"));
    await()
        .until(
            () -> {
              cluster.turn(Duration.ofSeconds(40));
              return cluster.admin().find(Resources.PODS, namespace, pod.name()) == null;
            });
  }

  @Test
  void unscheduled_deleted_isRemovedThoughNoNodeWill() {
    KubeObject pod =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: nowhere, namespace: %s, finalizers: [example.com/look]}
            spec: {nodeSelector: {there: none}, containers: [{name: c, image: i}]}
            """
                .formatted(namespace));
    KubeObject unused =
        cluster.admin().delete(Resources.PODS, namespace, pod.name(), DeleteOptions.DEFAULT);
    KubeObject failed =
        cluster.awaitObject(
            Resources.PODS, namespace, "nowhere", p -> p.text("status", "phase").equals("Failed"));
    assertThat(Conditions.find(failed.at("status", "conditions"), "DisruptionTarget")).isNull();
    unused = cluster.change(Resources.PODS, namespace, "nowhere", "{metadata: {finalizers: []}}");
    cluster.awaitGone(Resources.PODS, namespace, "nowhere");
  }

  @Test
  void outOfServiceNode_podsBeingDeleted_areRemovedAtOnce() {
    cluster.addNode("broken", "64", 200);
    KubeObject pod = pod("stuck", "broken", "example.com/look");
    KubeObject unused =
        cluster.changeStatus(
            Resources.NODES,
            "",
            "broken",
            "{status: {conditions: [{type: Ready, status: Unknown, lastHeartbeatTime: \"2026-01-01T00:00:00Z\", lastTransitionTime: \"2026-01-01T00:00:00Z\"}]}}");
    unused = cluster.admin().delete(Resources.PODS, namespace, pod.name(), DeleteOptions.DEFAULT);
    KubeObject deleting =
        cluster.awaitObject(Resources.PODS, namespace, pod.name(), KubeObject::isDeleting);
    assertThat(deleting.text("status", "phase")).isEqualTo("Running");
    unused =
        cluster.change(
            Resources.NODES,
            "",
            "broken",
            "{spec: {taints: [{key: node.kubernetes.io/out-of-service, value: nodeshutdown, effect: NoExecute}]}}");
    cluster.awaitObject(
        Resources.PODS, namespace, pod.name(), p -> p.text("status", "phase").equals("Failed"));
    unused = cluster.change(Resources.PODS, namespace, pod.name(), "{metadata: {finalizers: []}}");
    cluster.awaitGone(Resources.PODS, namespace, pod.name());
  }
}
