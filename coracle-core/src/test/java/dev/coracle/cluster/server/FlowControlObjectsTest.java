package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What API Priority and Fairness shows: its objects, who keeps them, and answers that name them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FlowControlObjectsTest {

  private static final String GROUP = "flowcontrol.apiserver.k8s.io";
  private static final GroupVersionResource SCHEMAS =
      GroupVersionResource.of(GROUP, "v1", "flowschemas");
  private static final GroupVersionResource LEVELS =
      GroupVersionResource.of(GROUP, "v1", "prioritylevelconfigurations");

  private TestCluster cluster;
  private Client client;

  @BeforeAll
  void start(@TempDir Path directory) {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
    await().until(() -> dangling("catch-all").equals("False Found"));
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private static ObjectNode json(String text) {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private String dangling(String schema) {
    KubeObject object = client.find(SCHEMAS, "", schema);
    return object == null
        ? ""
        : object.at("status", "conditions").path(0).path("status").asText()
            + " "
            + object.at("status", "conditions").path(0).path("reason").asText();
  }

  private String kubectl(String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectl(arguments);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  @Test
  void bootstrapObjects_afterStart_areThoseOfKubernetes() throws Exception {
    await()
        .untilAsserted(
            () ->
                assertThat(
                        client.list(SCHEMAS, "", ListOptions.ALL).items().stream()
                            .map(KubeObject::name)
                            .map(this::dangling))
                    .hasSize(13)
                    .allMatch("False Found"::equals));
    assertThat(
            kubectl("get", "flowschemas", "--sort-by=.spec.matchingPrecedence", "--no-headers")
                .lines()
                .map(line -> line.replaceAll(" +", " ").replaceAll(" \\S+ False$", "")))
        .containsExactly(
            "exempt exempt 1 <none>",
            "probes exempt 2 <none>",
            "system-leader-election leader-election 100 ByUser",
            "endpoint-controller workload-high 150 ByUser",
            "workload-leader-election leader-election 200 ByUser",
            "system-node-high node-high 400 ByUser",
            "system-nodes system 500 ByUser",
            "kube-controller-manager workload-high 800 ByNamespace",
            "kube-scheduler workload-high 800 ByNamespace",
            "kube-system-service-accounts workload-high 900 ByNamespace",
            "service-accounts workload-low 9000 ByUser",
            "global-default global-default 9900 ByUser",
            "catch-all catch-all 10000 ByUser");
    assertThat(
            kubectl("get", "prioritylevelconfigurations", "--no-headers")
                .lines()
                .map(line -> line.replaceAll(" +", " ").replaceAll(" \\S+$", "")))
        .containsExactly(
            "catch-all Limited 5 <none> <none> <none>",
            "exempt Exempt 0 <none> <none> <none>",
            "global-default Limited 20 128 6 50",
            "leader-election Limited 10 16 4 50",
            "node-high Limited 40 64 6 50",
            "system Limited 30 64 6 50",
            "workload-high Limited 40 128 6 50",
            "workload-low Limited 100 128 6 50");
    assertThat(kubectl("get", "flowschema", "probes", "-o", "yaml", "--show-managed-fields"))
        .contains(
            "apf.kubernetes.io/autoupdate-spec: \"true\"",
            "manager: api-priority-and-fairness-config-producer-v1",
            "manager: api-priority-and-fairness-config-consumer-v1",
            "generation: 1",
            "message: This FlowSchema references the PriorityLevelConfiguration object named"
                + "\n      \"exempt\" and it exists");
    assertThat(kubectl("get", "--raw", "/metrics"))
        .contains("apiserver_flowcontrol_nominal_limit_seats{priority_level=\"system\"} 74");
  }

  @Test
  void mandatoryObject_changedOrDeleted_isPutRight() {
    client.patch(
        LEVELS,
        "",
        "catch-all",
        "",
        PatchType.MERGE,
        json(
            "{'spec':{'limited':{'nominalConcurrencyShares':77}},"
                + "'metadata':{'annotations':{'apf.kubernetes.io/autoupdate-spec':'false'}}}"),
        WriteOptions.NONE);
    await()
        .untilAsserted(
            () -> {
              KubeObject level = client.get(LEVELS, "", "catch-all");
              assertThat(level.at("spec", "limited", "nominalConcurrencyShares").asInt())
                  .isEqualTo(5);
              assertThat(
                      level
                          .at("metadata", "annotations")
                          .path("apf.kubernetes.io/autoupdate-spec")
                          .asText())
                  .isEqualTo("true");
            });
    String uid = client.get(SCHEMAS, "", "exempt").uid();
    client.delete(SCHEMAS, "", "exempt", DeleteOptions.DEFAULT);
    await()
        .until(
            () -> {
              KubeObject again = client.find(SCHEMAS, "", "exempt");
              return again != null && !again.uid().equals(uid);
            });
  }

  @Test
  void suggestedObject_ofWhichTheAnnotationSaysFalse_staysAsItIs() {
    client.patch(
        LEVELS,
        "",
        "workload-low",
        "",
        PatchType.MERGE,
        json(
            "{'spec':{'limited':{'nominalConcurrencyShares':7}},"
                + "'metadata':{'annotations':{'apf.kubernetes.io/autoupdate-spec':'false'}}}"),
        WriteOptions.NONE);
    client.patch(
        LEVELS,
        "",
        "workload-high",
        "",
        PatchType.MERGE,
        json("{'spec':{'limited':{'nominalConcurrencyShares':7}}}"),
        WriteOptions.NONE);
    await()
        .until(
            () ->
                client
                        .get(LEVELS, "", "workload-high")
                        .at("spec", "limited", "nominalConcurrencyShares")
                        .asInt()
                    == 40);
    assertThat(
            client
                .get(LEVELS, "", "workload-low")
                .at("spec", "limited", "nominalConcurrencyShares")
                .asInt())
        .isEqualTo(7);
  }

  @Test
  void request_ofAUserWithASchema_isAnsweredWithItsUid() throws Exception {
    KubeObject schema =
        client.create(
            SCHEMAS,
            "",
            json(
                """
                {'apiVersion':'flowcontrol.apiserver.k8s.io/v1','kind':'FlowSchema','metadata':{'name':'noxu'},
                'spec':{'priorityLevelConfiguration':{'name':'testing'},'distinguisherMethod':{'type':'ByUser'},
                'rules':[{'subjects':[{'kind':'User','user':{'name':'noxu'}}],
                'nonResourceRules':[{'verbs':['*'],'nonResourceURLs':['*']}]}]}}
                """));
    assertThat(schema.at("spec", "matchingPrecedence").asInt()).isEqualTo(1000);
    await().until(() -> dangling("noxu").equals("True NotFound"));
    KubeObject level =
        client.create(
            LEVELS,
            "",
            json(
                """
                {'apiVersion':'flowcontrol.apiserver.k8s.io/v1','kind':'PriorityLevelConfiguration',
                'metadata':{'name':'testing'},'spec':{'type':'Limited','limited':{'nominalConcurrencyShares':1,
                'limitResponse':{'type':'Reject'}}}}
                """));
    await().until(() -> dangling("noxu").equals("False Found"));
    await()
        .untilAsserted(
            () ->
                assertThat(kubectl("get", "--raw", "/version", "--as", "noxu", "-v=8"))
                    .containsIgnoringCase("X-Kubernetes-Pf-Flowschema-Uid: " + schema.uid())
                    .containsIgnoringCase("X-Kubernetes-Pf-Prioritylevel-Uid: " + level.uid()));
    assertThat(kubectl("get", "--raw", "/version", "--as", "foo", "-v=8"))
        .containsIgnoringCase(
            "X-Kubernetes-Pf-Flowschema-Uid: " + client.get(SCHEMAS, "", "global-default").uid());
  }
}
