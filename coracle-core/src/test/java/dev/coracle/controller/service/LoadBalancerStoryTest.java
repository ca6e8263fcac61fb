package dev.coracle.controller.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The pool of the test's cluster has two addresses: 198.51.100.8 and .9. */
class LoadBalancerStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private void service(String name, String more) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: %s, namespace: default}
            spec: {type: LoadBalancer, ports: [{port: 80}]%s}
            """
                .formatted(name, more));
  }

  private String awaitAddress(String name) {
    return cluster
        .awaitObject(
            Resources.SERVICES,
            "default",
            name,
            service -> !service.at("status", "loadBalancer", "ingress").isEmpty())
        .at("status", "loadBalancer", "ingress")
        .path(0)
        .path("ip")
        .asText();
  }

  private void awaitEvent(String reason, String message) {
    await(reason)
        .until(
            () ->
                cluster.list(GroupVersionResource.core("events"), "default").stream()
                    .anyMatch(
                        event ->
                            event.text("reason").equals(reason)
                                && event.text("message").equals(message)));
  }

  @Test
  void services_moreThanAddresses_waitForOneToBeFree() {
    service("one", "");
    assertThat(awaitAddress("one")).isEqualTo("198.51.100.8");
    service("two", "");
    assertThat(awaitAddress("two")).isEqualTo("198.51.100.9");
    service("three", "");
    awaitEvent(
        "SyncLoadBalancerFailed",
        "Error syncing load balancer: failed to ensure load balancer: no address of"
            + " 198.51.100.8/31 is free");
    ObjectNode tree = cluster.admin().get(Resources.SERVICES, "default", "one").mutableTree();
    tree.withObject("/spec").put("type", "ClusterIP");
    KubeObject unused = cluster.admin().update(Resources.SERVICES, "default", "one", tree);
    assertThat(awaitAddress("three")).isEqualTo("198.51.100.8");
    assertThat(
            cluster
                .admin()
                .get(Resources.SERVICES, "default", "one")
                .at("status", "loadBalancer")
                .isEmpty())
        .isTrue();
    awaitEvent("DeletedLoadBalancer", "Deleted load balancer");
  }

  @Test
  void service_askingForAnAddress_getsIt() {
    service("wish", ", loadBalancerIP: 198.51.100.9");
    assertThat(awaitAddress("wish")).isEqualTo("198.51.100.9");
    service("far", ", loadBalancerIP: 192.0.2.1");
    awaitEvent(
        "SyncLoadBalancerFailed",
        "Error syncing load balancer: failed to ensure load balancer: 192.0.2.1 is not in"
            + " 198.51.100.8/31");
  }

  @Test
  void service_ofAnotherClass_isLeftAlone() {
    service("other", ", loadBalancerClass: example.com/balancer");
    service("ours", "");
    assertThat(awaitAddress("ours")).isEqualTo("198.51.100.8");
    assertThat(
            cluster
                .admin()
                .get(Resources.SERVICES, "default", "other")
                .at("status", "loadBalancer")
                .isEmpty())
        .isTrue();
  }

  @Test
  void controller_restarted_keepsWhatWasGivenAndGivesNothingTwice() throws Exception {
    service("before", "");
    String address = awaitAddress("before");
    cluster.restartControllers(() -> service("meanwhile", ""));
    assertThat(awaitAddress("meanwhile")).isNotEqualTo(address);
    assertThat(awaitAddress("before")).isEqualTo(address);
    service("late", "");
    cluster.restartControllers(
        () ->
            cluster
                .admin()
                .delete(
                    Resources.SERVICES,
                    "default",
                    "before",
                    dev.coracle.api.DeleteOptions.DEFAULT));
    assertThat(awaitAddress("late")).isEqualTo(address);
  }
}
