package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.cluster.options.ClusterOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first thing that anybody does with a cluster, or with a namespace: a Pod. */
class FirstPodTest {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");

  @TempDir private Path directory;

  private static ObjectNode pod(String account) {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", "first");
    ObjectNode spec = pod.putObject("spec");
    if (!account.isEmpty()) {
      spec.put("serviceAccountName", account);
    }
    spec.putArray("containers").addObject().put("name", "c").put("image", "i");
    return pod;
  }

  @Test
  void pod_rightBehindItsClusterOrNamespace_waitsForTheDefaultAccount() {
    try (TestCluster cluster =
        TestCluster.startAtOnce(
            TestCluster.options(
                directory, ClusterOptions.Runtime.SIMULATED, ClusterOptions.Part.ALL))) {
      assertThat(cluster.client().create(PODS, "default", pod("")).uid()).isNotEmpty();
      for (int i = 0; i < 10; i++) {
        ObjectNode namespace = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
        namespace.putObject("metadata").put("name", "behind-" + i);
        KubeObject made =
            cluster.client().create(GroupVersionResource.core("namespaces"), "", namespace);
        KubeObject pod = cluster.client().create(PODS, made.name(), pod(""));
        assertThat(pod.text("spec", "serviceAccountName")).isEqualTo("default");
      }
    }
  }

  @Test
  void pod_whoseAccountDoesNotCome_isForbidden() {
    try (TestCluster cluster =
        TestCluster.start(
            TestCluster.options(
                directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.APISERVER))) {
      for (String account : new String[] {"", "robot"}) {
        assertThatThrownBy(() -> cluster.client().create(PODS, "default", pod(account)))
            .isInstanceOf(StatusException.class)
            .hasMessage(
                "pods \"first\" is forbidden: error looking up service account default/%s:"
                    + " serviceaccount \"%<s\" not found",
                account.isEmpty() ? "default" : account);
      }
    }
  }
}
