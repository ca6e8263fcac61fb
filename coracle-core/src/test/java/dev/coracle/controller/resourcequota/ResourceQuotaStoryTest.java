package dev.coracle.controller.resourcequota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * Without the admission plugin: what the controller alone counts (conformance, "life of a ...").
 */
class ResourceQuotaStoryTest {

  private static final ControllableClock clock =
      new ControllableClock(new SystemClock(), Instant.parse("2026-01-01T00:00:00Z"));

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(clock).withNode("node-1", "64", 200);

  private final String namespace = cluster.namespace();

  private void quota(String spec) {
    KubeObject unused =
        cluster.apply(
            "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: %s}, spec: {%s}}"
                .formatted(namespace, spec));
  }

  private void awaitUsed(String name, String value) {
    await(name + "=" + value)
        .until(
            () -> {
              cluster.turn(Duration.ofSeconds(1));
              return cluster
                  .admin()
                  .get(Resources.RESOURCE_QUOTAS, namespace, "q")
                  .at("status", "used")
                  .path(name)
                  .asText()
                  .equals(value);
            });
  }

  private void delete(GroupVersionResource resource, String name) {
    KubeObject unused = cluster.admin().delete(resource, namespace, name, DeleteOptions.DEFAULT);
  }

  @Test
  void created_everyLineIsCountedFromTheStart() {
    quota(
        "hard: {pods: 5, configmaps: 10, secrets: 10, services: 2, services.nodeports: 1, replicationcontrollers: 1,"
            + " count/replicasets.apps: 3, persistentvolumeclaims: 1, requests.storage: 1Gi, resourcequotas: 1}");
    KubeObject quota =
        cluster.awaitObject(
            Resources.RESOURCE_QUOTAS, namespace, "q", q -> q.at("status", "used").size() == 10);
    assertThat(quota.at("status", "hard")).isEqualTo(quota.at("spec", "hard"));
    assertThat(quota.at("status", "used").path("resourcequotas").asText()).isEqualTo("1");
    // kube-root-ca.crt
    awaitUsed("configmaps", "1");
    assertThat(quota.at("status", "used").path("pods").asText()).isEqualTo("0");
  }

  @Test
  void objects_comeAndGo_areCounted() {
    quota("hard: {pods: 5, requests.cpu: 2, services.nodeports: 4, count/replicasets.apps: 2}");
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: p, namespace: %s}
            spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 500m}}}]}
            """
                .formatted(namespace));
    awaitUsed("pods", "1");
    awaitUsed("requests.cpu", "500m");
    KubeObject pod =
        cluster.awaitObject(
            Resources.PODS, namespace, "p", p -> p.text("status", "phase").equals("Running"));
    cluster.setStatus(pod, "Succeeded", false, "");
    awaitUsed("pods", "0");
    awaitUsed("requests.cpu", "0");

    unused =
        cluster.apply(
            "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: %s}, spec: {type: NodePort, ports: [{port: 80}]}}"
                .formatted(namespace));
    awaitUsed("services.nodeports", "1");
    unused = cluster.change(Resources.SERVICES, namespace, "s", "{spec: {type: ClusterIP}}");
    awaitUsed("services.nodeports", "0");

    unused =
        cluster.apply(
            """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: r, namespace: %s}
            spec:
              replicas: 0
              selector: {matchLabels: {app: r}}
              template:
                metadata: {labels: {app: r}}
                spec: {containers: [{name: c, image: i}]}
            """
                .formatted(namespace));
    awaitUsed("count/replicasets.apps", "1");
    delete(Resources.REPLICA_SETS, "r");
    awaitUsed("count/replicasets.apps", "0");
  }

  @Test
  void customResources_areCounted_fromTheirDefinitionOn() {
    quota("hard: {count/crates.example.com: 3}");
    GroupVersionResource crates = cluster.define("Crate");
    awaitUsed("count/crates.example.com", "0");
    KubeObject unused =
        cluster.apply(
            "{apiVersion: example.com/v1, kind: Crate, metadata: {name: one, namespace: %s}}"
                .formatted(namespace));
    awaitUsed("count/crates.example.com", "1");
    delete(crates, "one");
    awaitUsed("count/crates.example.com", "0");
  }

  @Test
  void hardChanged_statusFollows() {
    quota("hard: {pods: 5}");
    awaitUsed("pods", "0");
    KubeObject unused =
        cluster.change(
            Resources.RESOURCE_QUOTAS, namespace, "q", "{spec: {hard: {pods: 7, secrets: 1}}}");
    KubeObject quota =
        cluster.awaitObject(
            Resources.RESOURCE_QUOTAS,
            namespace,
            "q",
            q -> q.at("status", "hard").path("pods").asText().equals("7"));
    assertThat(quota.at("status", "used").has("secrets")).isTrue();
    assertThatThrownBy(
            () ->
                cluster.change(
                    Resources.RESOURCE_QUOTAS, namespace, "q", "{spec: {scopes: [BestEffort]}}"))
        .hasMessageContaining("field is immutable");
  }

  @Test
  void statusChangedByHand_isCountedAnewInTime() {
    quota("hard: {pods: 5}");
    awaitUsed("pods", "0");
    KubeObject unused =
        cluster.changeStatus(
            Resources.RESOURCE_QUOTAS, namespace, "q", "{status: {used: {pods: 3}}}");
    clockTurn();
    awaitUsed("pods", "0");
  }

  private static void clockTurn() {
    cluster.turn(Duration.ofMinutes(5));
  }

  @Test
  void restart_objectsCameMeanwhile_areCounted() throws Exception {
    quota("hard: {count/configmaps: 9}");
    awaitUsed("count/configmaps", "1");
    cluster.restartControllers(
        () -> {
          KubeObject unused =
              cluster.apply(
                  "{apiVersion: v1, kind: ConfigMap, metadata: {name: more, namespace: %s}}"
                      .formatted(namespace));
        });
    awaitUsed("count/configmaps", "2");
  }
}
