package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools tell by the managers of fields which program wrote them: the names are Kubernetes'. */
class FieldManagersTest {

  @Test
  void objects_areWrittenByTheProgramsOfKubernetes(@TempDir Path directory) {
    try (TestCluster cluster = TestCluster.simulated(directory, 1)) {
      Client client = cluster.client();
      GroupVersionResource deployments = GroupVersionResource.of("apps", "v1", "deployments");
      KubeObject unused =
          client.create(
              deployments,
              "default",
              (ObjectNode)
                  Yaml.read(
                      """
                      apiVersion: apps/v1
                      kind: Deployment
                      metadata: {name: web}
                      spec:
                        selector: {matchLabels: {app: web}}
                        template:
                          metadata: {labels: {app: web}}
                          spec: {containers: [{name: main, image: any}]}
                      """
                          .getBytes(StandardCharsets.UTF_8)));
      await()
          .until(
              () ->
                  client.get(deployments, "default", "web").at("status", "readyReplicas").asInt()
                      == 1);
      String manager = "kube-controller-manager";
      assertThat(managers(client, GroupVersionResource.of("apps", "v1", "replicasets")))
          .containsExactly(manager + " ", manager + " status");
      assertThat(managers(client, GroupVersionResource.core("pods")))
          .contains(manager + " ", "kubelet status")
          .isSubsetOf(manager + " ", "kubelet status", "kube-scheduler status");
      assertThat(managers(client, GroupVersionResource.core("serviceaccounts"))).isEmpty();
      assertThat(managers(client, GroupVersionResource.core("namespaces")))
          .containsExactly("kube-apiserver ");
      assertThat(managers(client, GroupVersionResource.core("services")))
          .containsExactly("kube-apiserver ");
      assertThat(
              managers(
                  client,
                  GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterroles")))
          .containsExactly("clusterrole-aggregation-controller ", "kube-apiserver ");
      assertThat(managers(client, GroupVersionResource.of("coordination.k8s.io", "v1", "leases")))
          .contains(manager + " ", "kube-scheduler ");
    }
  }

  /** Of all objects of a resource: manager and subresource. */
  private static Set<String> managers(Client client, GroupVersionResource resource) {
    Set<String> managers = new TreeSet<>();
    for (KubeObject object : client.list(resource, "", ListOptions.ALL).items()) {
      object
          .at("metadata", "managedFields")
          .forEach(
              entry ->
                  managers.add(
                      entry.path("manager").asText() + " " + entry.path("subresource").asText()));
    }
    return managers;
  }
}
