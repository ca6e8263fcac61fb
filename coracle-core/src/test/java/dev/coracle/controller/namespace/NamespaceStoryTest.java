package dev.coracle.controller.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class NamespaceStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start().withNode("node-1", "64", 200);

  private final String namespace = cluster.namespace();

  private void map(String name, String finalizers) {
    KubeObject unused =
        cluster.apply(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: %s, finalizers: [%s]}}"
                .formatted(name, namespace, finalizers));
  }

  private void pod(String finalizers) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: %s, finalizers: [%s]}
            spec: {containers: [{name: c, image: i}]}
            """
                .formatted(namespace, finalizers));
  }

  private void delete() {
    KubeObject deleting =
        cluster.admin().delete(Resources.NAMESPACES, "", namespace, DeleteOptions.DEFAULT);
    assertThat(deleting.text("status", "phase")).isEqualTo("Terminating");
  }

  private void awaitCondition(String type, String status, String message) {
    KubeObject unused =
        cluster.awaitObject(
            Resources.NAMESPACES,
            "",
            namespace,
            found -> {
              JsonNode condition = Conditions.find(found.at("status", "conditions"), type);
              return condition != null
                  && condition.path("status").asText().equals(status)
                  && condition.path("message").asText().equals(message);
            });
  }

  @Test
  void deleted_everythingInItGoes_customResourcesToo() {
    GroupVersionResource sails = cluster.define("Sail");
    KubeObject unused =
        cluster.apply(
            "{apiVersion: example.com/v1, kind: Sail, metadata: {name: main, namespace: %s}}"
                .formatted(namespace));
    map("map", "");
    pod("");
    unused =
        cluster.apply(
            "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: %s}, spec: {ports: [{port: 80}]}}"
                .formatted(namespace));
    delete();
    cluster.awaitGone(Resources.NAMESPACES, "", namespace);
    assertThat(cluster.list(Resources.CONFIG_MAPS, namespace)).isEmpty();
    assertThat(cluster.list(Resources.SERVICES, namespace)).isEmpty();
    assertThat(cluster.list(sails, namespace)).isEmpty();
  }

  /** Conformance: OrderedNamespaceDeletion, "namespace deletion should delete pod first". */
  @Test
  void deleted_podHeldByAFinalizer_nothingElseGoesBeforeIt() {
    pod("example.com/held");
    map("map", "");
    delete();
    awaitCondition(
        "NamespaceContentRemaining",
        "True",
        "Some resources are remaining: pods. has 1 resource instances");
    awaitCondition(
        "NamespaceFinalizersRemaining",
        "True",
        "Some content in the namespace has finalizers remaining: example.com/held in 1 resource"
            + " instances");
    awaitCondition(
        "NamespaceDeletionContentFailure",
        "False",
        "All content successfully deleted, may be waiting on finalization");
    assertThat(cluster.admin().get(Resources.PODS, namespace, "web").isDeleting()).isTrue();
    assertThat(cluster.admin().get(Resources.CONFIG_MAPS, namespace, "map").isDeleting()).isFalse();
    KubeObject unused =
        cluster.change(Resources.PODS, namespace, "web", "{metadata: {finalizers: []}}");
    cluster.awaitGone(Resources.NAMESPACES, "", namespace);
  }

  @Test
  void deleted_objectHeldByAFinalizer_namespaceWaitsForIt() {
    map("held", "example.com/held");
    map("free", "");
    delete();
    awaitCondition(
        "NamespaceContentRemaining",
        "True",
        "Some resources are remaining: configmaps. has 1 resource instances");
    assertThat(cluster.admin().find(Resources.CONFIG_MAPS, namespace, "free")).isNull();
    KubeObject unused =
        cluster.change(Resources.CONFIG_MAPS, namespace, "held", "{metadata: {finalizers: []}}");
    cluster.awaitGone(Resources.NAMESPACES, "", namespace);
  }

  @Test
  void deleted_withAFinalizerOfAnother_staysUntilThatIsGone() {
    KubeObject fresh = cluster.admin().get(Resources.NAMESPACES, "", namespace);
    var tree = fresh.mutableTree();
    tree.withObject("/spec").withArray("/finalizers").add("example.com/mine");
    KubeObject unused =
        cluster.admin().updateSubresource(Resources.NAMESPACES, "", namespace, "finalize", tree);
    map("map", "");
    delete();
    KubeObject left =
        cluster.awaitObject(
            Resources.NAMESPACES,
            "",
            namespace,
            found -> found.at("spec", "finalizers").size() == 1);
    assertThat(left.at("spec", "finalizers").get(0).asText()).isEqualTo("example.com/mine");
    assertThat(cluster.list(Resources.CONFIG_MAPS, namespace)).isEmpty();
    tree = left.mutableTree();
    tree.withObject("/spec").withArray("/finalizers").removeAll();
    unused =
        cluster.admin().updateSubresource(Resources.NAMESPACES, "", namespace, "finalize", tree);
    cluster.awaitGone(Resources.NAMESPACES, "", namespace);
  }

  @Test
  void restart_inTheMiddle_namespaceGoesAllTheSame() throws Exception {
    map("held", "example.com/held");
    delete();
    awaitCondition(
        "NamespaceContentRemaining",
        "True",
        "Some resources are remaining: configmaps. has 1 resource instances");
    cluster.restartControllers(
        () -> {
          KubeObject unused =
              cluster.change(
                  Resources.CONFIG_MAPS, namespace, "held", "{metadata: {finalizers: []}}");
        });
    cluster.awaitGone(Resources.NAMESPACES, "", namespace);
  }
}
