package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ClusterOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages of a list can be had for a while; then the rest of it as it is by then. */
class HistoryCompactionTest {

  private static final GroupVersionResource MAPS = GroupVersionResource.core("configmaps");

  private static void create(Client client, String name) {
    KubeObject unused =
        client.create(
            MAPS,
            "default",
            Json.object()
                .put("kind", "ConfigMap")
                .put("apiVersion", "v1")
                .set("metadata", Json.object().put("name", name)));
  }

  private static void turn(TestCluster cluster) throws Exception {
    TestCluster.Output output =
        cluster.kubectlWithInput(
            "{\"advance\":\"301s\"}", "create", "--raw", "/coracle/clock", "-f", "-");
    assertThat(output.exitCode()).as(output.text()).isZero();
  }

  private static StatusException refusal(Client client, ListOptions options) {
    try {
      ObjectList unused = client.list(MAPS, "default", options);
      return null;
    } catch (StatusException e) {
      return e;
    }
  }

  @Test
  void page_ofAnOldList_isRefusedWithATokenForTheRest(@TempDir Path directory) throws Exception {
    try (TestCluster cluster =
        TestCluster.start(
            TestCluster.options(
                    directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.APISERVER)
                .toBuilder()
                .turnableClock(true)
                .build())) {
      Client client = cluster.client();
      for (String name : new String[] {"a", "b", "c", "d", "e"}) {
        create(client, name);
      }
      ObjectList first = client.list(MAPS, "default", ListOptions.ALL.withLimit(2, ""));
      String token = first.continueToken();
      create(client, "bb");
      turn(cluster);
      ListOptions next = ListOptions.ALL.withLimit(2, token);
      assertThat(client.list(MAPS, "default", next).items())
          .extracting(KubeObject::name)
          .containsExactly("c", "d");
      turn(cluster);
      await().until(() -> refusal(client, next) != null);
      StatusException refusal = refusal(client, next);
      assertThat(refusal.code()).isEqualTo(410);
      assertThat(refusal.reason()).isEqualTo("Expired");
      assertThat(refusal.getMessage()).contains("use the continue token in this response");
      ObjectList rest =
          client.list(
              MAPS, "default", ListOptions.ALL.withLimit(9, refusal.status().continueToken()));
      assertThat(rest.items()).extracting(KubeObject::name).startsWith("bb", "c", "d", "e");
      assertThat(rest.resourceVersion()).isGreaterThan(first.resourceVersion());
    }
  }
}
