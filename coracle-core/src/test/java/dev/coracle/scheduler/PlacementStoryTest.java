package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Pods find their nodes, or say why not, through the API. */
class PlacementStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private KubeObject pod(String name, String spec) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, labels: {app: web}}
        spec:
          containers: [{name: c, image: i, resources: {requests: {cpu: "1"}}}]
          %s
        """
            .formatted(name, spec));
  }

  private String node(String name) {
    return cluster
        .awaitObject(
            Resources.PODS, "default", name, pod -> !pod.text("spec", "nodeName").isEmpty())
        .text("spec", "nodeName");
  }

  private static JsonNode scheduled(KubeObject pod) {
    for (JsonNode condition : pod.at("status", "conditions")) {
      if (condition.path("type").asText().equals("PodScheduled")) {
        return condition;
      }
    }
    return Json.object();
  }

  private void awaitMessage(String name, String message) {
    KubeObject pod =
        cluster.awaitObject(
            Resources.PODS,
            "default",
            name,
            shown -> scheduled(shown).path("message").asText().equals(message));
    assertThat(scheduled(pod).path("status").asText()).isEqualTo("False");
    assertThat(scheduled(pod).path("reason").asText()).isEqualTo("Unschedulable");
    await()
        .until(
            () ->
                cluster.list(GroupVersionResource.core("events"), "default").stream()
                    .anyMatch(
                        event ->
                            event.text("involvedObject", "uid").equals(pod.uid())
                                && event.text("reason").equals("FailedScheduling")
                                && event.text("type").equals("Warning")
                                && event.text("message").equals(message)));
  }

  private void label(String node, String key, String value) {
    var patch = Json.object();
    patch.putObject("metadata").putObject("labels").put(key, value);
    cluster.admin().patch(Resources.NODES, "", node, "", PatchType.MERGE, patch, WriteOptions.NONE);
  }

  @Test
  void schedule_noRoomThenRoom_saysWhyAndThenBinds() {
    cluster.addNode("node-1", "1", 10);
    pod("first", "");
    assertThat(node("first")).isEqualTo("node-1");
    pod("second", "");
    awaitMessage(
        "second",
        "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1"
            + " nodes are available: 1 No preemption victims found for incoming pod.");
    cluster.admin().delete(Resources.PODS, "default", "first", DeleteOptions.DEFAULT);
    assertThat(node("second")).isEqualTo("node-1");
  }

  @Test
  void schedule_mixedReasons_countsThemAndWhereNothingHelps() {
    cluster.addNode("node-1", "1", 10);
    cluster.addNode("node-2", "4", 10);
    pod("filler", "nodeName: node-1");
    pod(
        "wants",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
            + " {nodeSelectorTerms: [{matchFields:"
            + " [{key: metadata.name, operator: In, values: [node-1]}]}]}}}");
    awaitMessage(
        "wants",
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s)"
            + " [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 1"
            + " No preemption victims found for incoming pod, 1 Preemption is not helpful for"
            + " scheduling.");
  }

  @Test
  void schedule_claimThatIsNotThere_saysSoAsKubeSchedulerDoes() {
    cluster.addNode("node-1", "4", 10);
    pod("wants", "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]");
    awaitMessage(
        "wants", "0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found");
  }

  @Test
  void schedule_gateOpened_binds() {
    cluster.addNode("node-1", "4", 10);
    pod("gated", "schedulingGates: [{name: example.com/wait}]");
    pod("free", "");
    assertThat(node("free")).isEqualTo("node-1");
    KubeObject gated = cluster.admin().get(Resources.PODS, "default", "gated");
    assertThat(gated.text("spec", "nodeName")).isEmpty();
    assertThat(scheduled(gated).path("reason").asText()).isEqualTo("SchedulingGated");
    var patch = Json.object();
    patch.putObject("spec").putNull("schedulingGates");
    cluster
        .admin()
        .patch(Resources.PODS, "default", "gated", "", PatchType.MERGE, patch, WriteOptions.NONE);
    assertThat(node("gated")).isEqualTo("node-1");
  }

  @Test
  void schedule_restartedInTheMiddle_goesOnWithWhatTheApiShows() {
    cluster.addNode("node-1", "3", 10);
    pod("before", "");
    assertThat(node("before")).isEqualTo("node-1");
    cluster.restartScheduler(
        () -> {
          for (int i = 0; i < 3; i++) {
            pod("meanwhile-" + i, "");
          }
        });
    await()
        .until(
            () ->
                cluster.list(Resources.PODS, "default").stream()
                        .filter(pod -> !pod.text("spec", "nodeName").isEmpty())
                        .count()
                    == 3);
    // the fourth cpu is not there: the new scheduler knows of the Pod that the old one bound
    await()
        .until(
            () ->
                cluster.list(Resources.PODS, "default").stream()
                        .filter(
                            pod -> scheduled(pod).path("reason").asText().equals("Unschedulable"))
                        .count()
                    == 1);
    cluster.addNode("node-2", "3", 10);
    await()
        .until(
            () ->
                cluster.list(Resources.PODS, "default").stream()
                    .noneMatch(pod -> pod.text("spec", "nodeName").isEmpty()));
  }

  @Test
  void schedule_replicaSet_spreadsOverZonesByDefault() {
    for (int i = 0; i < 4; i++) {
      cluster.addNode("node-" + i, "64", 100);
      label("node-" + i, "topology.kubernetes.io/zone", i < 3 ? "large" : "small");
    }
    // The scheduler knows the last label, hence all of them.
    pod("probe", "nodeSelector: {topology.kubernetes.io/zone: small}");
    assertThat(node("probe")).isEqualTo("node-3");
    KubeObject unused =
        cluster
            .admin()
            .delete(
                Resources.PODS,
                "default",
                "probe",
                DeleteOptions.DEFAULT.withGracePeriodSeconds(0));
    cluster.awaitGone(Resources.PODS, "default", "probe");
    cluster.apply(
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: web, namespace: default}
        spec:
          replicas: 12
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: c, image: i}]}
        """);
    Map<String, Integer> zones = new HashMap<>();
    await()
        .until(
            () -> {
              zones.clear();
              for (KubeObject pod : cluster.list(Resources.PODS, "default")) {
                String node = pod.text("spec", "nodeName");
                if (!node.isEmpty()) {
                  zones.merge(node.equals("node-3") ? "small" : "large", 1, Integer::sum);
                }
              }
              return zones.values().stream().mapToInt(n -> n).sum() == 12;
            });
    assertThat(zones.get("small")).as("more than a quarter of them").isGreaterThanOrEqualTo(4);
  }
}
