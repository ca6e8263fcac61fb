package dev.coracle.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NodeAllocationsTest {

  private String taints = "";
  private final NodeAllocations node =
      new NodeAllocations(() -> yaml("{cpu: '2', memory: 1Gi, pods: '3'}"));

  private static ObjectNode yaml(String text) {
    return (ObjectNode) Yaml.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static KubeObject pod(String uid, String spec) {
    return KubeObject.of(
        yaml(
            "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: n, uid: %s}, spec: %s}"
                .formatted(uid, spec)));
  }

  private static KubeObject cpu(String uid, String cpu) {
    return pod(uid, "{containers: [{name: c, resources: {requests: {cpu: %s}}}]}".formatted(cpu));
  }

  private NodeAllocations.@Nullable Refusal admit(KubeObject pod) {
    return node.admit(
        pod,
        KubeObject.of(
            yaml("{metadata: {name: one, labels: {disk: fast}}, spec: {%s}}".formatted(taints))));
  }

  private @Nullable String reason(KubeObject pod) {
    NodeAllocations.Refusal refusal = admit(pod);
    return refusal == null ? null : refusal.reason();
  }

  @Test
  void admit_noRoom_saysOfWhat() {
    assertThat(admit(cpu("a", "1500m"))).isNull();
    assertThat(admit(cpu("b", "600m")))
        .isEqualTo(
            new NodeAllocations.Refusal(
                "OutOfcpu",
                "Node didn't have enough resource: cpu,"
                    + " requested: 600, used: 1500, capacity: 2000"));
    node.remove("a");
    assertThat(admit(cpu("b", "600m"))).isNull();
  }

  @Test
  void admit_morePodsThanTheNodeTakes_isOutOfPods() {
    assertThat(reason(cpu("a", "0"))).isNull();
    assertThat(reason(cpu("b", "0"))).isNull();
    assertThat(reason(cpu("c", "0"))).isNull();
    assertThat(reason(cpu("d", "0"))).isEqualTo("OutOfpods");
  }

  @Test
  void admit_otherNodeWanted_isRejected() {
    assertThat(reason(pod("a", "{nodeSelector: {disk: slow}}"))).isEqualTo("NodeAffinity");
    assertThat(reason(pod("b", "{nodeSelector: {disk: fast}}"))).isNull();
    assertThat(reason(pod("c", "{os: {name: windows}}"))).isEqualTo("PodOSNotSupported");
    assertThat(reason(pod("d", "{nodeSelector: {kubernetes.io/os: windows}}")))
        .isEqualTo("PodOSSelectorNodeLabelDoesNotMatch");
  }

  @Test
  void admit_hostPortTaken_isRejected() {
    assertThat(reason(pod("a", "{containers: [{ports: [{hostPort: 80}]}]}"))).isNull();
    assertThat(reason(pod("b", "{containers: [{ports: [{hostPort: 80, hostIP: 127.0.0.1}]}]}")))
        .isEqualTo("NodePorts");
    assertThat(reason(pod("c", "{containers: [{ports: [{hostPort: 80, protocol: UDP}]}]}")))
        .isNull();
  }

  @Test
  void admit_taintThatEndsPods_isRejectedUnlessTolerated() {
    taints = "taints: [{key: k, value: v, effect: NoExecute}, {key: l, effect: NoSchedule}]";
    assertThat(admit(pod("a", "{tolerations: [{key: l}]}")))
        .isEqualTo(
            new NodeAllocations.Refusal(
                "TaintToleration",
                "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"));
    assertThat(admit(pod("b", "{tolerations: [{key: k, operator: Exists}]}"))).isNull();
  }

  @Test
  void resize_moreThanThereIs_waitsForRoomOrNever() {
    assertThat(admit(cpu("a", "1"))).isNull();
    assertThat(admit(cpu("b", "1"))).isNull();
    List<String> woken = new ArrayList<>();
    Runnable room = () -> woken.add("a");
    NodeAllocations.Refusal never = node.resize("a", cpu("a", "3").tree(), room);
    assertThat(never)
        .isEqualTo(
            new NodeAllocations.Refusal(
                "Infeasible",
                "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000"));
    NodeAllocations.Refusal later = node.resize("a", cpu("a", "1500m").tree(), room);
    assertThat(later)
        .isEqualTo(
            new NodeAllocations.Refusal(
                "Deferred",
                "Node didn't have enough resource: cpu,"
                    + " requested: 1500, used: 1000, capacity: 2000"));
    assertThat(woken).isEmpty();
    assertThat(node.resize("b", cpu("b", "500m").tree(), () -> {})).isNull();
    assertThat(woken).containsExactly("a");
    assertThat(node.resize("a", cpu("a", "1500m").tree(), room)).isNull();
  }
}
