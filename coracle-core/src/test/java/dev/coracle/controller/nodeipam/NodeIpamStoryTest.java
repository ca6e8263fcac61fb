package dev.coracle.controller.nodeipam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The test's cluster has 10.244.0.0/16, of which each node gets a /24. */
class NodeIpamStoryTest {

  private static final GroupVersionResource BINDINGS =
      GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterrolebindings");

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private void node(String name, String podCidr) {
    KubeObject unused =
        cluster.apply(
            "{apiVersion: v1, kind: Node, metadata: {name: %s}, spec: {%s}}"
                .formatted(name, podCidr.isEmpty() ? "" : "podCIDR: " + podCidr));
  }

  private String awaitRange(String name) {
    KubeObject node =
        cluster.awaitObject(
            Resources.NODES, "", name, one -> !one.text("spec", "podCIDR").isEmpty());
    assertThat(node.at("spec", "podCIDRs").toString())
        .isEqualTo("[\"" + node.text("spec", "podCIDR") + "\"]");
    return node.text("spec", "podCIDR");
  }

  private void awaitEvent(String reason, String message) {
    await(reason)
        .until(
            () ->
                cluster.list(GroupVersionResource.core("events"), "default").stream()
                    .anyMatch(
                        event ->
                            event.text("reason").equals(reason)
                                && event.text("message").equals(message)
                                && event.text("source", "component").equals("cidrAllocator")));
  }

  private void delete(GroupVersionResource resource, String name) {
    cluster.admin().delete(resource, "", name, DeleteOptions.DEFAULT);
  }

  @Test
  void nodes_getRangesOfTheirOwn_andKeepWhatTheyBring() {
    node("given", "10.244.0.0/24");
    node("elsewhere", "192.0.2.0/24");
    Set<String> ranges = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      node("node-" + i, "");
    }
    for (int i = 0; i < 20; i++) {
      ranges.add(awaitRange("node-" + i));
    }
    assertThat(ranges)
        .hasSize(20)
        .doesNotContain("10.244.0.0/24")
        .allMatch(r -> r.matches("10\\.244\\.\\d+\\.0/24"));
    assertThat(awaitRange("given")).isEqualTo("10.244.0.0/24");
    assertThat(awaitRange("elsewhere")).isEqualTo("192.0.2.0/24");
  }

  @Test
  void node_withoutRoom_getsItsRangeWhenAnotherGoes() {
    node("big", "10.244.0.0/16");
    node("late", "");
    awaitEvent("CIDRNotAvailable", "Node late status is now: CIDRNotAvailable");
    assertThat(cluster.admin().get(Resources.NODES, "", "late").text("spec", "podCIDR")).isEmpty();
    delete(Resources.NODES, "big");
    assertThat(awaitRange("late")).matches("10\\.244\\.\\d+\\.0/24");
  }

  @Test
  void controllers_restarted_giveNothingTwice() throws Exception {
    node("one", "");
    String before = awaitRange("one");
    cluster.restartControllers(
        () -> {
          node("two", "");
          node("three", "10.244.1.0/24");
        });
    assertThat(awaitRange("one")).isEqualTo(before);
    assertThat(Set.of(before, awaitRange("two"), awaitRange("three"))).hasSize(3);
  }

  @Test
  void assignment_thatIsRefused_isToldAndTriedAgain() {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: only-events}
            rules: [{apiGroups: ["", events.k8s.io], resources: [events], verbs: [create, patch]}]
            """);
    String binding =
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: %s}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
        subjects: [{kind: ServiceAccount, name: node-controller, namespace: kube-system}]
        """;
    unused = cluster.apply(binding.formatted("only-events", "only-events"));
    delete(BINDINGS, "system:controller:node-controller");
    // the authorizer learns of it in its own time
    await()
        .until(
            () -> {
              String name = "probe-" + System.nanoTime();
              node(name, "");
              return cluster.list(GroupVersionResource.core("events"), "default").stream()
                  .anyMatch(event -> event.text("reason").equals("CIDRAssignmentFailed"));
            });
    node("refused", "");
    awaitEvent("CIDRAssignmentFailed", "Node refused status is now: CIDRAssignmentFailed");
    unused = cluster.apply(binding.formatted("again", "system:controller:node-controller"));
    assertThat(awaitRange("refused")).matches("10\\.244\\.\\d+\\.0/24");
  }
}
