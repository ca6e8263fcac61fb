package dev.coracle.scheduler.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.controller.Make;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AlgorithmTest {

  private final Algorithm algorithm = Algorithm.standard(new Random(1));
  private final List<NodeInfo> nodes = new ArrayList<>();
  private final ClusterView cluster =
      new ClusterView() {
        @Override
        public Collection<NodeInfo> nodes() {
          return nodes;
        }

        @Override
        public Map<String, String> namespaceLabels(String namespace) {
          return Map.of();
        }
      };

  private NodeInfo node(String name, String labels, String spec) {
    NodeInfo info = new NodeInfo(name);
    info.node(
        Make.object(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: %s, labels: {kubernetes.io/hostname: %s%s}}
            spec: {%s}
            status: {allocatable: {cpu: "4", memory: 8Gi, pods: "3"}}
            """
                .formatted(name, name, labels, spec)));
    nodes.add(info);
    return info;
  }

  private static PodInfo pod(String name, String spec) {
    return PodInfo.of(
        Make.object(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, namespace: ns, uid: %s, labels: {app: web}}
            spec: {%s}
            """
                .formatted(name, name, spec)));
  }

  private static String cpu(String amount) {
    return "containers: [{name: main, resources: {requests: {cpu: \"" + amount + "\"}}}]";
  }

  private String chosen(PodInfo pod) {
    return switch (algorithm.choose(pod, cluster, null)) {
      case Decision.Node(NodeInfo node) -> node.name();
      case Decision.None none -> none.message("");
    };
  }

  @Test
  void choose_noNodes_saysSo() {
    assertThat(chosen(pod("a", cpu("1")))).isEqualTo("no nodes available to schedule pods");
  }

  @Test
  void choose_differentReasons_countsEach() {
    node("a", "", "");
    node("b", "", "taints: [{key: x, effect: NoSchedule}]");
    node("c", "", "unschedulable: true");
    assertThat(chosen(pod("p", cpu("5"))))
        .isEqualTo(
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s),"
                + " 1 node(s) were unschedulable.");
  }

  @Test
  void choose_claimsOfDevices_fitNowhere() {
    node("a", "", "");
    assertThat(chosen(pod("p", "resourceClaims: [{name: gpu}], " + cpu("1"))))
        .isEqualTo("0/1 nodes are available: 1 cannot allocate all claims.");
  }

  @Test
  void choose_tolerationsAndSelector_decide() {
    node("a", "", "");
    node("b", ", disk: ssd", "taints: [{key: x, value: y, effect: NoSchedule}]");
    String tolerates = "tolerations: [{key: x, operator: Equal, value: y}], ";
    assertThat(chosen(pod("p", tolerates + "nodeSelector: {disk: ssd}, " + cpu("1"))))
        .isEqualTo("b");
    assertThat(chosen(pod("p", "nodeSelector: {disk: ssd}, " + cpu("1"))))
        .contains("1 node(s) didn't match Pod's node affinity/selector");
  }

  @Test
  void choose_emptierNode_isBetter() {
    node("a", "", "").add(pod("x", cpu("3")));
    node("b", "", "");
    assertThat(chosen(pod("p", cpu("1")))).isEqualTo("b");
  }

  @Test
  void choose_podLimit_isTooManyPods() {
    NodeInfo node = node("a", "", "");
    for (int i = 0; i < 3; i++) {
      node.add(pod("x" + i, cpu("0")));
    }
    assertThat(chosen(pod("p", cpu("0")))).isEqualTo("0/1 nodes are available: 1 Too many pods.");
  }

  @Test
  void choose_hostPortTaken_isRefused() {
    String port = "containers: [{name: main, ports: [{containerPort: 80, hostPort: 80}]}]";
    node("a", "", "").add(pod("x", port));
    assertThat(chosen(pod("p", port))).contains("didn't have free ports");
  }

  @Test
  void choose_antiAffinity_goesElsewhere() {
    String apart =
        "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
            + " [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}, ";
    node("a", "", "").add(pod("x", cpu("0")));
    node("b", "", "").add(pod("y", apart + cpu("0")));
    assertThat(chosen(pod("p", apart + cpu("1"))))
        .contains("node(s) didn't match pod anti-affinity rules");
    assertThat(chosen(pod("p", cpu("1")))).isEqualTo("a");
  }

  @Test
  void choose_topologySpread_keepsTheSkew() {
    String spread =
        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname,"
            + " whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}], ";
    node("a", "", "").add(pod("x", cpu("0")));
    node("b", "", "").add(pod("y", cpu("3900m")));
    nodes.get(1).remove("y");
    assertThat(chosen(pod("p", spread + cpu("1")))).isEqualTo("b");
  }

  @Test
  void requests_initContainersAndSidecars_countAsTheyRun() {
    PodInfo pod =
        pod(
            "p",
            "initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}},"
                + " {name: i, resources: {requests: {cpu: 3}}}],"
                + " containers: [{name: main, resources: {requests: {cpu: 2}}}]");
    assertThat(pod.requests().cpu()).isEqualTo(4000);
  }

  @Test
  void mayTake_nodeStillTainted_isNoReasonToTryAgain() {
    NodeInfo tainted = node("a", "", "taints: [{key: k, effect: NoSchedule}]");
    NodeInfo cordoned = node("b", "", "unschedulable: true");
    NodeInfo open = node("c", "", "");
    PodInfo pod = pod("p", cpu("1"));
    assertThat(algorithm.mayTake(pod, tainted, cluster)).isFalse();
    assertThat(algorithm.mayTake(pod, cordoned, cluster)).isFalse();
    assertThat(algorithm.mayTake(pod, open, cluster)).isTrue();
  }

  @Test
  void helps_taintChanged_alsoForPodsThatAnotherObstacleHid() {
    assertThat(algorithm.helps(Set.of("NodeAffinity"), ClusterEvent.NODE_TAINTS)).isTrue();
    assertThat(algorithm.helps(Set.of("NodeResourcesFit"), ClusterEvent.NODE_TAINTS)).isFalse();
  }
}
