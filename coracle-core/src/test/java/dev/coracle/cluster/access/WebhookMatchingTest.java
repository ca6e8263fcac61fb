package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.cluster.TestCluster;
import org.junit.jupiter.api.Test;

/** Admission webhooks: which requests they are asked about, and in which form. */
class WebhookMatchingTest extends WebhookFixture {

  @Test
  void dryRun_isToldToWebhooksWithoutSideEffects() {
    namespace("dry");
    configure(VALIDATING, "dry", hook("dry.example.com", "dry").put("sideEffects", "NoneOnDryRun"));

    client.create(CONFIG_MAPS, "dry", configMap("a"), DRY_RUN);

    assertThat(asked("dry.example.com"))
        .filteredOn(request -> request.path("name").asText().equals("a"))
        .extracting(request -> request.path("dryRun").asBoolean())
        .containsExactly(true);
  }

  @Test
  void selectorsAndConditions_decideWhetherItIsCalled() {
    namespace("select");
    ObjectNode hook = hook("select.example.com", "select");
    hook.set("objectSelector", json("{'matchLabels': {'hook': 'yes'}}"));
    hook.set(
        "matchConditions",
        json("{'c': [{'name': 'not-me', 'expression': 'request.userInfo.username !="
                + " \\'nobody\\' && object.metadata.name.startsWith(\\'c\\')'}, {'name':"
                + " 'rights', 'expression':"
                + " 'authorizer.group(\\'\\').resource(\\'pods\\').check(\\'get\\').allowed()'}]}")
            .path("c"));
    configure(VALIDATING, "select", hook);
    answers.put("yes", review -> json("{'allowed': false, 'status': {'message': 'seen'}}"));

    ObjectNode labelled = configMap("c1");
    labelled.withObject("/metadata").putObject("labels").put("hook", "yes");
    assertThat(refusal("select", labelled).status().message()).contains("seen");
    client.create(CONFIG_MAPS, "select", configMap("c2"));
    ObjectNode otherName = configMap("d1");
    otherName.withObject("/metadata").putObject("labels").put("hook", "yes");
    client.create(CONFIG_MAPS, "select", otherName);
  }

  @Test
  void matchCondition_thatFails_failsClosed() {
    namespace("error");
    ObjectNode hook = hook("error.example.com", "error");
    hook.set(
        "matchConditions",
        json("{'c': [{'name': 'x', 'expression': 'object.data.none == \\'\\''}]}").path("c"));
    configure(VALIDATING, "error", hook);

    StatusException refusal = refusal("error", configMap("a"));

    assertThat(refusal.status().code()).isEqualTo(403);
    assertThat(refusal.status().message())
        .isEqualTo(
            "configmaps \"a\" is forbidden: expression 'object.data.none == \"\"'"
                + " resulted in error: no such key: none");
  }

  @Test
  void scale_isSeenAndChangedAsScale() {
    namespace("scale");
    ObjectNode hook = hook("scale.example.com", "scale");
    hook.set("rules", rules("UPDATE", "apps", "v1", "deployments/scale"));
    configure(MUTATING, "scale", hook);
    answers.put(
        "scale", review -> allowed("[{'op': 'replace', 'path': '/spec/replicas', 'value': 3}]"));
    client.create(
        DEPLOYMENTS,
        "scale",
        json(
            "{'metadata': {'name': 'd'}, 'spec': {'replicas': 0, 'selector': {'matchLabels': {'a':"
                + " 'b'}}, 'template': {'metadata': {'labels': {'a': 'b'}}, 'spec': {'containers':"
                + " [{'name': 'c', 'image': 'i'}]}}}}"));

    KubeObject scaled =
        client.patch(
            DEPLOYMENTS,
            "scale",
            "d",
            "scale",
            PatchType.MERGE,
            json("{'spec': {'replicas': 1}}"),
            WriteOptions.NONE);

    assertThat(scaled.at("spec", "replicas").asInt()).isEqualTo(3);
    JsonNode request = asked("scale.example.com").getFirst();
    assertThat(request.path("kind"))
        .isEqualTo(json("{'group': 'autoscaling', 'version': 'v1', 'kind': 'Scale'}"));
    assertThat(request.path("subResource").asText()).isEqualTo("scale");
    assertThat(request.path("object").path("kind").asText()).isEqualTo("Scale");
    assertThat(request.path("oldObject").path("spec").path("replicas").asInt()).isZero();
  }

  @Test
  void equivalent_objectsAreShownInTheVersionThatTheRuleNames() {
    namespace("equal");
    client.create(
        CRDS,
        "",
        json(
            "{'metadata': {'name': 'boats.sea.example.com'}, 'spec': {'group': 'sea.example.com',"
                + " 'scope': 'Namespaced', 'names': {'plural': 'boats', 'kind': 'Boat'},"
                + " 'versions': [{'name': 'v1', 'served': true, 'storage': true, 'schema':"
                + " {'openAPIV3Schema': {'type': 'object',"
                + " 'x-kubernetes-preserve-unknown-fields': true}}}, {'name': 'v2', 'served':"
                + " true, 'storage': false, 'schema': {'openAPIV3Schema': {'type': 'object',"
                + " 'x-kubernetes-preserve-unknown-fields': true}}}]}}"));
    GroupVersionResource v2 = GroupVersionResource.of("sea.example.com", "v2", "boats");
    ObjectNode hook = hook("equal.example.com", "equal");
    hook.set("rules", rules("CREATE", "sea.example.com", "v1", "boats"));
    configure(MUTATING, "equal", hook);
    ObjectNode exact = hook("exact.example.com", "equal").put("matchPolicy", "Exact");
    exact.set("rules", rules("CREATE", "sea.example.com", "v1", "boats"));
    configure(VALIDATING, "equal", exact);
    answers.put("equal", review -> allowed("[{'op': 'add', 'path': '/sail', 'value': 'red'}]"));

    await().ignoreExceptions().until(() -> client.list(v2, "equal", ListOptions.ALL) != null);
    KubeObject boat =
        client.create(
            v2,
            "equal",
            json(
                "{'apiVersion': 'sea.example.com/v2', 'kind': 'Boat', 'metadata': {'name': 'b'}}"));

    assertThat(boat.apiVersion()).isEqualTo("sea.example.com/v2");
    assertThat(boat.text("sail")).isEqualTo("red");
    JsonNode request = asked("equal.example.com").getFirst();
    assertThat(request.path("kind").path("version").asText()).isEqualTo("v1");
    assertThat(request.path("requestKind").path("version").asText()).isEqualTo("v2");
    assertThat(request.path("object").path("apiVersion").asText()).isEqualTo("sea.example.com/v1");
    assertThat(asked("exact.example.com")).isEmpty();
  }

  @Test
  void connect_isAskedAboutTheOptionsOfTheConnection() throws Exception {
    namespace("connect");
    ObjectNode hook = hook("connect.example.com", "connect");
    hook.set("rules", rules("CONNECT", "", "v1", "pods/exec"));
    configure(VALIDATING, "connect", hook);
    ObjectNode quiet = hook("quiet.example.com", "connect");
    quiet.set("rules", hook.path("rules"));
    configure(MUTATING, "quiet", quiet);
    answers.put(
        "connect",
        review ->
            review.path("request").path("object").path("stderr").asBoolean()
                ? allowed("[{'op': 'remove', 'path': '/stderr'}]")
                : json("{'allowed': false, 'status': {'message': 'no shells'}}"));
    await()
        .until(
            () ->
                client.find(GroupVersionResource.core("serviceaccounts"), "connect", "default")
                    != null);
    client.create(
        GroupVersionResource.core("pods"),
        "connect",
        json("{'metadata': {'name': 'p'}, 'spec': {'containers': [{'name': 'c', 'image': 'i'}]}}"));

    TestCluster.Output output =
        cluster.kubectl("exec", "-n", "connect", "p", "-c", "c", "--", "ls", "-l");

    assertThat(output.text())
        .contains("admission webhook \"connect.example.com\" denied the request: no shells");
    JsonNode request = asked("connect.example.com").getFirst();
    assertThat(request.path("operation").asText()).isEqualTo("CONNECT");
    assertThat(request.path("kind").path("kind").asText()).isEqualTo("PodExecOptions");
    assertThat(request.path("subResource").asText()).isEqualTo("exec");
    assertThat(request.path("name").asText()).isEqualTo("p");
    assertThat(request.path("object").path("command")).hasSize(2);
    assertThat(request.path("object").path("container").asText()).isEqualTo("c");
    assertThat(request.path("oldObject").isNull()).isTrue();
  }

  @Test
  void deleteCollection_isAskedAboutEachObject_withoutAName() {
    namespace("many");
    configure(VALIDATING, "many", hook("many.example.com", "many"));
    client.create(CONFIG_MAPS, "many", configMap("a"));

    client.deleteCollection(CONFIG_MAPS, "many", DeleteOptions.DEFAULT, ListOptions.ALL);

    assertThat(asked("many.example.com"))
        .filteredOn(request -> request.at("/oldObject/metadata/name").asText().equals("a"))
        .extracting(request -> request.path("operation").asText() + request.path("name").asText())
        .containsExactly("DELETE");
  }

  @Test
  void newNamespace_isInItself() {
    ObjectNode hook = hook("fresh.example.com", "fresh");
    hook.remove("namespaceSelector");
    hook.set("rules", rules("CREATE", "", "v1", "namespaces"));
    configure(VALIDATING, "fresh", hook);

    namespace("fresh");

    assertThat(asked("fresh.example.com"))
        .extracting(request -> request.path("namespace").asText())
        .contains("fresh");
  }

  @Test
  void v1beta1_reviewIsSentToWhoTakesNoOther() {
    namespace("old");
    ObjectNode hook = hook("old.example.com", "old");
    hook.putArray("admissionReviewVersions").add("v0").add("v1beta1");
    configure(VALIDATING, "old", hook);
    client.create(CONFIG_MAPS, "old", configMap("a"));
    assertThat(server.asked())
        .anySatisfy(
            asked -> {
              assertThat(asked.target()).startsWith("/old.example.com?");
              assertThat(asked.review().path("apiVersion").asText())
                  .isEqualTo("admission.k8s.io/v1beta1");
            });
  }

  @Test
  void configurations_areNeverSentToWebhooks() {
    ObjectNode hook = hook("all.example.com", "none");
    hook.remove("namespaceSelector");
    hook.set("rules", rules("*", GROUP, "*", "*/*"));
    configure(VALIDATING, "all", hook);
    answers.put("", review -> json("{'allowed': false}"));
    try {
      client.delete(VALIDATING, "", "all", DeleteOptions.background());
    } finally {
      answers.remove("");
    }
    assertThat(asked("all.example.com")).isEmpty();
  }
}
