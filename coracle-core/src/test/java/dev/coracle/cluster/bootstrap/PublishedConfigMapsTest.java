package dev.coracle.cluster.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What the cluster says of itself in ConfigMaps, and Jobs that meet a quota. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PublishedConfigMapsTest {

  private static final GroupVersionResource MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource QUOTAS = GroupVersionResource.core("resourcequotas");
  private static final String TRACKING = "kube-apiserver-legacy-service-account-token-tracking";

  private TestCluster cluster;
  private Client client;

  @BeforeAll
  void start(@TempDir Path directory) {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private KubeObject map(String namespace, String name) {
    await().until(() -> client.find(MAPS, namespace, name) != null);
    return client.get(MAPS, namespace, name);
  }

  @Test
  void clusterInfo_anybody_readsWhereTheServerIsAndWhomToTrust() {
    KubeObject info = map("kube-public", "cluster-info");
    JsonNode kubeconfig =
        Yaml.read(info.text("data", "kubeconfig").getBytes(StandardCharsets.UTF_8));
    JsonNode entry = kubeconfig.path("clusters").get(0).path("cluster");
    assertThat(entry.path("server").asText()).isEqualTo(cluster.server());
    assertThat(entry.path("certificate-authority-data").asText()).isNotEmpty();
    assertThat(kubeconfig.path("users").isEmpty()).isTrue();
    Client nobody = new Client(client.transport().as(UserInfo.ANONYMOUS));
    await().ignoreExceptions().until(() -> nobody.get(MAPS, "kube-public", "cluster-info") != null);
    assertThatThrownBy(() -> nobody.get(MAPS, "kube-system", TRACKING))
        .isInstanceOfSatisfying(StatusException.class, e -> assertThat(e.code()).isEqualTo(403));
  }

  @Test
  void tokenTracking_saysSinceWhen_andIsRepaired() {
    String today = LocalDate.now(ZoneOffset.UTC).toString();
    assertThat(map("kube-system", TRACKING).text("data", "since")).isEqualTo(today);
    KubeObject unused =
        client.patch(
            MAPS,
            "kube-system",
            TRACKING,
            "",
            PatchType.MERGE,
            Json.read("{\"data\":{\"since\":\"long ago\"}}"),
            WriteOptions.NONE);
    await()
        .until(() -> client.get(MAPS, "kube-system", TRACKING).text("data", "since").equals(today));
  }

  @Test
  void job_quotaIsUsedUp_saysSoAndGoesOnWhenThereIsRoom() throws Exception {
    assertThat(cluster.kubectl("create", "namespace", "tight").exitCode()).isZero();
    assertThat(cluster.kubectl("create", "quota", "q", "-n", "tight", "--hard=pods=0").exitCode())
        .isZero();
    await().until(() -> client.get(QUOTAS, "tight", "q").at("status", "used").has("pods"));
    ObjectNode job =
        (ObjectNode)
            Json.read(
                """
                {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"sum","namespace":"tight"},
                 "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}
                """);
    KubeObject unused = client.create(GroupVersionResource.of("batch", "v1", "jobs"), "tight", job);
    await()
        .until(
            () ->
                cluster
                    .kubectl("get", "events", "-n", "tight", "--field-selector=reason=FailedCreate")
                    .text()
                    .contains(
                        "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"));
    assertThat(client.list(PODS, "tight", ListOptions.ALL).items()).isEmpty();
    unused =
        client.patch(
            QUOTAS,
            "tight",
            "q",
            "",
            PatchType.MERGE,
            Json.read("{\"spec\":{\"hard\":{\"pods\":\"1\"}}}"),
            WriteOptions.NONE);
    await().until(() -> client.list(PODS, "tight", ListOptions.ALL).items().size() == 1);
  }
}
