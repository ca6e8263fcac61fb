package dev.coracle.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What a user of the extension writes. */
@CoracleTest
class CoracleTestTest {

  private static final Set<String> NAMESPACES = ConcurrentHashMap.newKeySet();
  private static String ofTheClass = "";

  @BeforeAll
  static void classHasANamespace(CoracleCluster cluster) {
    ofTheClass = cluster.namespace();
    assertThat(ofTheClass).startsWith("coracletesttest-");
  }

  @Test
  void fabric8_inTheTestsNamespace_seesItsPodRun(KubernetesClient client) {
    Pod pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName("first")
                    .endMetadata()
                    .withNewSpec()
                    .addNewContainer()
                    .withName("c")
                    .withImage("i")
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    assertThat(pod.getMetadata().getNamespace()).isEqualTo(client.getNamespace());
    assertThat(client.pods().withName("first").waitUntilReady(2, TimeUnit.MINUTES)).isNotNull();
  }

  @Test
  void deployment_ofFabric8_isScaledByItsController(KubernetesClient client) {
    var deployment =
        new DeploymentBuilder()
            .withNewMetadata()
            .withName("web")
            .endMetadata()
            .withNewSpec()
            .withReplicas(3)
            .withNewSelector()
            .withMatchLabels(Map.of("app", "web"))
            .endSelector()
            .withNewTemplate()
            .withNewMetadata()
            .withLabels(Map.of("app", "web"))
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("c")
            .withImage("i")
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();
    client.resource(deployment).create();
    await()
        .atMost(2, TimeUnit.MINUTES)
        .until(
            () ->
                Integer.valueOf(3)
                    .equals(
                        client
                            .apps()
                            .deployments()
                            .withName("web")
                            .get()
                            .getStatus()
                            .getReadyReplicas()));
  }

  @Test
  void officialClient_andCluster_areOfTheSameNamespace(ApiClient client, CoracleCluster cluster)
      throws ApiException {
    assertThat(client.getBasePath()).isEqualTo(cluster.server());
    assertThat(new CoreV1Api(client).readNamespace(cluster.namespace()).execute().getMetadata())
        .isNotNull();
  }

  @RepeatedTest(3)
  void eachTest_hasANamespaceOfItsOwn(CoracleCluster cluster, KubernetesClient client) {
    assertThat(NAMESPACES.add(cluster.namespace())).isTrue();
    assertThat(cluster.namespace()).isNotEqualTo(ofTheClass).hasSizeLessThan(64);
    assertThat(client.getNamespace()).isEqualTo(cluster.namespace());
  }

  @Nested
  class InAClassWithin {
    @Test
    void theClusterOfTheClassAround_isThere(CoracleCluster cluster) {
      assertThat(cluster.kubeconfig()).exists();
    }
  }
}
