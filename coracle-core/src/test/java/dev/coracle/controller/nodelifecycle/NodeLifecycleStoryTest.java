package dev.coracle.controller.nodelifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes that fall silent, say that they are not ready, or get taints; and what their Pods do. */
class NodeLifecycleStoryTest {

  private static final String NOT_READY = "node.kubernetes.io/not-ready";
  private static final String UNREACHABLE = "node.kubernetes.io/unreachable";

  @AutoClose
  private final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(new ControllableClock(Instant.parse("2026-01-01T00:00:00Z")));

  private final String namespace = cluster.namespace();

  @BeforeEach
  void prepare() {
    for (String name : List.of("one", "two", "three")) {
      cluster.addNode(name, "64", 200);
    }
  }

  private KubeObject pod(String name, String node, String tolerations) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, namespace: %s, finalizers: [example.com/look]}
            spec:
              nodeName: %s
              tolerations: [%s]
              containers: [{name: c, image: i}]
            """
                .formatted(name, namespace, node, tolerations));
    return cluster.awaitObject(Resources.PODS, namespace, name, Pods::isReady);
  }

  private static String toleration(String key, String seconds) {
    return "{key: %s, operator: Exists, effect: NoExecute%s}"
        .formatted(key, seconds.isEmpty() ? "" : ", tolerationSeconds: " + seconds);
  }

  private void ready(String node, String status) {
    KubeObject unused =
        cluster.changeStatus(
            Resources.NODES,
            "",
            node,
            """
            {status: {conditions: [{type: Ready, status: "%s", lastHeartbeatTime: "2026-01-01T00:00:0%dZ",
              lastTransitionTime: "2026-01-01T00:00:00Z"}]}}
            """
                .formatted(status, status.length()));
  }

  private static List<String> taints(KubeObject node) {
    List<String> taints = new ArrayList<>();
    for (JsonNode taint : node.at("spec", "taints")) {
      taints.add(taint.path("key").asText() + ":" + taint.path("effect").asText());
    }
    return taints;
  }

  private KubeObject awaitTaints(String node, String... taints) {
    return cluster.awaitObject(
        Resources.NODES,
        "",
        node,
        n -> List.of(taints).equals(taints(n).stream().sorted().toList()));
  }

  private KubeObject pod(String name) {
    return cluster.admin().get(Resources.PODS, namespace, name);
  }

  @Test
  void silentNode_isUnknownTaintedAndLosesItsPodsWhenTheirTimeIsOver() {
    KubeObject pod = pod("lost", "one", toleration(UNREACHABLE, "300"));
    KubeObject other = pod("other", "two", "");
    cluster.silence("one");
    cluster.turn(Duration.ofSeconds(40));
    assertThat(NodeHealth.ready(cluster.admin().get(Resources.NODES, "", "one"))).isEqualTo("True");
    cluster.turn(Duration.ofSeconds(20));
    KubeObject node = awaitTaints("one", UNREACHABLE + ":NoExecute", UNREACHABLE + ":NoSchedule");
    JsonNode ready = Conditions.find(node.at("status", "conditions"), "Ready");
    assertThat(ready).isNotNull();
    assertThat(ready.path("status").asText()).isEqualTo("Unknown");
    assertThat(ready.path("reason").asText()).isEqualTo("NodeStatusUnknown");
    assertThat(ready.path("message").asText()).isEqualTo("Kubelet stopped posting node status.");
    cluster.awaitEvent("", "one", "NodeNotReady: Node one status is now: NodeNotReady");
    cluster.awaitObject(Resources.PODS, namespace, pod.name(), p -> !Pods.isReady(p));
    cluster.awaitEvent(namespace, pod.name(), "NodeNotReady: Node is not ready");

    cluster.turn(Duration.ofSeconds(240));
    assertThat(pod("lost").isDeleting()).isFalse();
    cluster.turn(Duration.ofSeconds(70));
    KubeObject evicted =
        cluster.awaitObject(Resources.PODS, namespace, "lost", KubeObject::isDeleting);
    JsonNode why = Conditions.find(evicted.at("status", "conditions"), "DisruptionTarget");
    assertThat(why).isNotNull();
    assertThat(why.path("reason").asText()).isEqualTo("DeletionByTaintManager");
    assertThat(why.path("message").asText())
        .isEqualTo("Taint manager: deleting due to NoExecute taint");
    cluster.awaitEvent(
        namespace, "lost", "TaintManagerEviction: Marking for deletion Pod " + namespace + "/lost");
    assertThat(pod(other.name()).isDeleting()).isFalse();
  }

  @Test
  void silentNode_somebodyLabelsItsLease_isLostAllTheSame() {
    cluster.turn(Duration.ofSeconds(10));
    cluster.silence("one");
    cluster.turn(Duration.ofSeconds(40));
    KubeObject lease =
        cluster.change(
            Resources.LEASES, "kube-node-lease", "one", "{metadata: {labels: {looked: at}}}");
    cluster.awaitSeen(Resources.LEASES, lease);
    cluster.turn(Duration.ofSeconds(20));
    awaitTaints("one", UNREACHABLE + ":NoExecute", UNREACHABLE + ":NoSchedule");
    assertThat(NodeHealth.ready(cluster.admin().get(Resources.NODES, "", "two"))).isEqualTo("True");
  }

  @Test
  void silentNode_comesBack_keepsItsPods() {
    KubeObject pod = pod("lucky", "one", toleration(UNREACHABLE, "300"));
    cluster.silence("one");
    cluster.turn(Duration.ofSeconds(60));
    awaitTaints("one", UNREACHABLE + ":NoExecute", UNREACHABLE + ":NoSchedule");
    cluster.revive("one");
    cluster.turn(Duration.ofSeconds(10));
    ready("one", "True");
    awaitTaints("one");
    cluster.awaitEvent(
        namespace,
        pod.name(),
        "TaintManagerEviction: Cancelling deletion of Pod " + namespace + "/lucky");
    cluster.turn(Duration.ofSeconds(400));
    assertThat(pod("lucky").isDeleting()).isFalse();
  }

  @Test
  void nodeSaysNotReady_podsThatDoNotTolerateItGoAtOnce() {
    pod("firm", "one", toleration(NOT_READY, ""));
    pod("weak", "one", "");
    ready("one", "False");
    awaitTaints("one", NOT_READY + ":NoExecute", NOT_READY + ":NoSchedule");
    cluster.awaitObject(Resources.PODS, namespace, "weak", KubeObject::isDeleting);
    assertThat(pod("firm").isDeleting()).isFalse();
    ready("one", "Unknown");
    awaitTaints("one", UNREACHABLE + ":NoExecute", UNREACHABLE + ":NoSchedule");
    cluster.awaitObject(Resources.PODS, namespace, "firm", KubeObject::isDeleting);
  }

  @Test
  void twoNodesNotReady_theSecondIsEvictedTenSecondsLater() {
    ready("one", "False");
    awaitTaints("one", NOT_READY + ":NoExecute", NOT_READY + ":NoSchedule");
    ready("two", "False");
    awaitTaints("two", NOT_READY + ":NoSchedule");
    cluster.turn(Duration.ofSeconds(10));
    awaitTaints("two", NOT_READY + ":NoExecute", NOT_READY + ":NoSchedule");
  }

  @Test
  void everyNodeNotReady_nobodyIsEvictedUntilOneIsBack() {
    KubeObject pod = pod("stays", "one", "");
    cluster.admin().delete(Resources.NODES, "", "three", DeleteOptions.DEFAULT);
    cluster.admin().delete(Resources.NODES, "", "two", DeleteOptions.DEFAULT);
    cluster.awaitEvent(
        "", "two", "RemovingNode: Node two event: Removing Node two from Controller");
    ready("one", "False");
    awaitTaints("one", NOT_READY + ":NoSchedule");
    cluster.turn(Duration.ofSeconds(30));
    assertThat(pod(pod.name()).isDeleting()).isFalse();
    cluster.addNode("fresh", "64", 200);
    awaitTaints("one", NOT_READY + ":NoExecute", NOT_READY + ":NoSchedule");
    cluster.awaitObject(Resources.PODS, namespace, pod.name(), KubeObject::isDeleting);
  }

  @Test
  void conditionsAndCordon_becomeTaints_othersTaintsStay() {
    KubeObject unused =
        cluster.change(
            Resources.NODES,
            "",
            "one",
            "{metadata: {labels: {kubernetes.io/os: linux}}, spec: {unschedulable: true, taints: [{key: mine, effect: NoSchedule}]}}");
    awaitTaints("one", "mine:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule");
    unused =
        cluster.changeStatus(
            Resources.NODES,
            "",
            "one",
            """
            {status: {conditions: [
              {type: Ready, status: "True", lastHeartbeatTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z"},
              {type: DiskPressure, status: "True", lastHeartbeatTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z"}]}}
            """);
    awaitTaints(
        "one",
        "mine:NoSchedule",
        "node.kubernetes.io/disk-pressure:NoSchedule",
        "node.kubernetes.io/unschedulable:NoSchedule");
    unused = cluster.change(Resources.NODES, "", "one", "{spec: {unschedulable: false}}");
    KubeObject node =
        awaitTaints("one", "mine:NoSchedule", "node.kubernetes.io/disk-pressure:NoSchedule");
    assertThat(node.labels()).containsEntry("beta.kubernetes.io/os", "linux");
    cluster.awaitEvent(
        "", "one", "RegisteredNode: Node one event: Registered Node one in Controller");
  }

  @Test
  void nodeThatNeverSpoke_isGivenAMinute() {
    cluster.silence("mute");
    KubeObject unused = cluster.apply("{apiVersion: v1, kind: Node, metadata: {name: mute}}");
    cluster.turn(Duration.ofSeconds(50));
    assertThat(taints(cluster.admin().get(Resources.NODES, "", "mute"))).isEmpty();
    cluster.turn(Duration.ofSeconds(10));
    KubeObject node =
        cluster.awaitObject(Resources.NODES, "", "mute", n -> n.at("spec", "taints").size() == 2);
    JsonNode ready = Conditions.find(node.at("status", "conditions"), "Ready");
    assertThat(ready).isNotNull();
    assertThat(ready.path("reason").asText()).isEqualTo("NodeStatusNeverUpdated");
  }

  /** Conformance: "removing taint cancels eviction", "evicts pods with minTolerationSeconds". */
  @Test
  void usersTaint_podsGoWhenTheirTimeIsOver_unlessItIsTakenAway() {
    KubeObject shortly = pod("short", "one", toleration("mine", "5"));
    KubeObject longer = pod("long", "one", toleration("mine", "50"));
    KubeObject forever = pod("ever", "one", toleration("mine", ""));
    KubeObject unused =
        cluster.change(
            Resources.NODES, "", "one", "{spec: {taints: [{key: mine, effect: NoExecute}]}}");
    await().until(() -> !taints(cluster.admin().get(Resources.NODES, "", "one")).isEmpty());
    await()
        .until(
            () -> {
              cluster.turn(Duration.ofSeconds(5));
              return pod(shortly.name()).isDeleting();
            });
    assertThat(pod(longer.name()).isDeleting()).isFalse();
    unused = cluster.change(Resources.NODES, "", "one", "{spec: {taints: null}}");
    cluster.awaitEvent(
        namespace,
        longer.name(),
        "TaintManagerEviction: Cancelling deletion of Pod " + namespace + "/long");
    cluster.turn(Duration.ofSeconds(100));
    assertThat(pod(longer.name()).isDeleting()).isFalse();
    assertThat(pod(forever.name()).isDeleting()).isFalse();
  }

  @Test
  void restart_nodeNotReadyAndEvicting_goesOnWithoutNewRate() throws Exception {
    pod("held", "one", toleration(NOT_READY, "30"));
    ready("one", "False");
    awaitTaints("one", NOT_READY + ":NoExecute", NOT_READY + ":NoSchedule");
    cluster.restartControllers(() -> ready("two", "False"));
    awaitTaints("one", NOT_READY + ":NoExecute", NOT_READY + ":NoSchedule");
    awaitTaints("two", NOT_READY + ":NoExecute", NOT_READY + ":NoSchedule");
    await()
        .until(
            () -> {
              cluster.turn(Duration.ofSeconds(10));
              return pod("held").isDeleting();
            });
  }
}
