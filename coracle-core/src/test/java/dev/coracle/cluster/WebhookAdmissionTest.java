package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.webhook.WebhookServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Admission webhooks: a real control plane calls real HTTPS servers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhookAdmissionTest {

  private static final String GROUP = "admissionregistration.k8s.io";
  private static final GroupVersionResource VALIDATING =
      GroupVersionResource.of(GROUP, "v1", "validatingwebhookconfigurations");
  private static final GroupVersionResource MUTATING =
      GroupVersionResource.of(GROUP, "v1", "mutatingwebhookconfigurations");
  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource DEPLOYMENTS =
      GroupVersionResource.of("apps", "v1", "deployments");
  private static final GroupVersionResource CRDS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  private static final WriteOptions DRY_RUN = new WriteOptions(true, "", "", false);

  private TestCluster cluster;
  private Client client;
  private WebhookServer server;

  /** By the path of the call: what the webhook answers in {@code response}. */
  private final Map<String, WebhookServer.Handler> answers = new ConcurrentHashMap<>();

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
    server =
        new WebhookServer(
            review -> {
              ObjectNode request = (ObjectNode) review.path("request");
              WebhookServer.Handler handler =
                  answers.get(
                      request
                          .path("object")
                          .path("metadata")
                          .path("labels")
                          .path("hook")
                          .asText(request.path("namespace").asText("")));
              ObjectNode answer = Json.object();
              answer.put("kind", "AdmissionReview");
              answer.set("apiVersion", review.path("apiVersion"));
              ObjectNode response =
                  handler == null
                      ? Json.object().put("allowed", true)
                      : (ObjectNode) handler.answer(review);
              if (!response.has("uid")) {
                response.set("uid", request.path("uid"));
              }
              if (!response.path("absent").asBoolean()) {
                answer.set("response", response);
              }
              return answer;
            });
  }

  @AfterAll
  void stop() {
    server.close();
    cluster.close();
  }

  private static ObjectNode json(String text) {
    return (ObjectNode) Json.read(text.replace('\'', '"'));
  }

  private void namespace(String name) {
    client.create(NAMESPACES, "", json("{'metadata': {'name': '%s'}}".formatted(name)));
  }

  private static ObjectNode configMap(String name) {
    return json("{'metadata': {'name': '%s'}, 'data': {'a': '1'}}".formatted(name));
  }

  private static ArrayNode rules(String operation, String group, String version, String resource) {
    return (ArrayNode)
        json("{'r': [{'operations': ['%s'], 'apiGroups': ['%s'], 'apiVersions': ['%s'],"
                    .formatted(operation, group, version)
                + " 'resources': ['%s']}]}".formatted(resource))
            .path("r");
  }

  /** A webhook for config maps of one namespace, on a server of this test. */
  private ObjectNode hook(String name, String namespace) {
    ObjectNode hook =
        json(
            ("{'name': '%s', 'sideEffects': 'None', 'admissionReviewVersions': ['v1'],"
                    + " 'namespaceSelector': {'matchLabels': {'kubernetes.io/metadata.name':"
                    + " '%s'}}}")
                .formatted(name, namespace));
    hook.set("rules", rules("*", "", "v1", "configmaps"));
    hook.set("clientConfig", server.clientConfig("/" + name));
    return hook;
  }

  private void configure(GroupVersionResource kind, String name, ObjectNode... hooks) {
    ObjectNode configuration = json("{'metadata': {'name': '%s'}}".formatted(name));
    ArrayNode array = configuration.putArray("webhooks");
    for (ObjectNode hook : hooks) {
      array.add(hook);
    }
    client.create(kind, "", configuration);
  }

  private static ObjectNode allowed(String patch) {
    ObjectNode response = Json.object().put("allowed", true).put("patchType", "JSONPatch");
    response.put(
        "patch", patch.replace('\'', '"').getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return response;
  }

  private List<JsonNode> asked(String path) {
    List<JsonNode> requests = new ArrayList<>();
    for (WebhookServer.Asked asked : server.asked()) {
      if (asked.target().startsWith("/" + path + "?")) {
        requests.add(asked.review().path("request"));
      }
    }
    return requests;
  }

  private StatusException refusal(String namespace, ObjectNode object) {
    return catchThrowableOfType(
        StatusException.class, () -> client.create(CONFIG_MAPS, namespace, object));
  }

  @Test
  void validating_denies_withItsCodeReasonAndMessage() {
    namespace("deny");
    answers.put(
        "deny",
        review ->
            json(
                "{'allowed': false, 'status': {'code': 409, 'reason': 'Conflict', 'message': 'not"
                    + " now'}, 'warnings': ['careful']}"));
    configure(VALIDATING, "deny", hook("deny.example.com", "deny"));

    StatusException refusal = refusal("deny", configMap("a"));

    assertThat(refusal.status().code()).isEqualTo(409);
    assertThat(refusal.status().reason()).isEqualTo("Conflict");
    assertThat(refusal.status().message())
        .isEqualTo("admission webhook \"deny.example.com\" denied the request: not now");
    answers.put("deny", review -> json("{'allowed': false}"));
    assertThat(refusal("deny", configMap("a")).status().message())
        .isEqualTo("admission webhook \"deny.example.com\" denied the request without explanation");
    assertThat(refusal("deny", configMap("a")).status().code()).isEqualTo(400);
  }

  @Test
  void review_hasAllFieldsOfTheRequest() {
    namespace("fields");
    configure(VALIDATING, "fields", hook("fields.example.com", "fields"));
    client.create(CONFIG_MAPS, "fields", json("{'metadata': {'generateName': 'x-'}}"));
    KubeObject made =
        client.list(CONFIG_MAPS, "fields", ListOptions.ALL).items().stream()
            .filter(each -> each.name().startsWith("x-"))
            .findFirst()
            .orElseThrow();
    client.patch(
        CONFIG_MAPS,
        "fields",
        made.name(),
        "",
        PatchType.MERGE,
        json("{'data': {'b': '2'}}"),
        DRY_RUN);
    client.deleteCollection(CONFIG_MAPS, "fields", DeleteOptions.background(), ListOptions.ALL);

    List<JsonNode> requests =
        asked("fields.example.com").stream()
            .filter(each -> each.path("name").asText().equals(made.name()))
            .toList();

    assertThat(requests)
        .extracting(each -> each.path("operation").asText())
        .containsExactly("CREATE", "UPDATE", "DELETE");
    JsonNode create = requests.get(0);
    assertThat(create.path("kind"))
        .isEqualTo(json("{'group': '', 'version': 'v1', 'kind': 'ConfigMap'}"));
    assertThat(create.path("requestKind")).isEqualTo(create.path("kind"));
    assertThat(create.path("resource"))
        .isEqualTo(json("{'group': '', 'version': 'v1', 'resource': 'configmaps'}"));
    assertThat(create.path("requestResource")).isEqualTo(create.path("resource"));
    assertThat(create.path("namespace").asText()).isEqualTo("fields");
    assertThat(create.path("userInfo").path("username").asText()).isEqualTo("system:apiserver");
    assertThat(create.path("userInfo").path("groups").isArray()).isTrue();
    assertThat(create.path("object").path("metadata").path("uid").asText()).isEqualTo(made.uid());
    assertThat(create.path("oldObject").isNull()).isTrue();
    assertThat(create.path("dryRun")).isEqualTo(Json.object().booleanNode(false));
    assertThat(create.path("options").path("kind").asText()).isEqualTo("CreateOptions");
    assertThat(create.has("subResource")).isFalse();
    JsonNode update = requests.get(1);
    assertThat(update.path("dryRun").asBoolean()).isTrue();
    assertThat(update.path("object").path("data").path("b").asText()).isEqualTo("2");
    assertThat(update.path("oldObject").path("data").has("b")).isFalse();
    JsonNode delete = requests.get(2);
    assertThat(delete.path("object").isNull()).isTrue();
    assertThat(delete.path("oldObject").path("metadata").path("name").asText())
        .isEqualTo(made.name());
    assertThat(delete.path("options").path("kind").asText()).isEqualTo("DeleteOptions");
  }

  @Test
  void mutating_patchesInOrderOfNames_andOthersAreAskedAgainIfNeeded() {
    namespace("order");
    ObjectNode first = hook("first.example.com", "order").put("reinvocationPolicy", "IfNeeded");
    configure(MUTATING, "b-order", hook("second.example.com", "order"));
    configure(MUTATING, "a-order", first);
    AtomicInteger calls = new AtomicInteger();
    answers.put(
        "order",
        review -> {
          String name = review.path("request").path("name").asText();
          if (name.equals("kube-root-ca.crt")) {
            return Json.object().put("allowed", true);
          }
          int call = calls.incrementAndGet();
          return allowed("[{'op': 'add', 'path': '/data/call%d', 'value': 'x'}]".formatted(call));
        });

    KubeObject made = client.create(CONFIG_MAPS, "order", configMap("a"));

    assertThat(made.at("data").properties())
        .extracting(Map.Entry::getKey)
        .containsExactlyInAnyOrder("a", "call1", "call2", "call3");
    List<String> targets = new ArrayList<>();
    for (WebhookServer.Asked asked : server.asked()) {
      JsonNode request = asked.review().path("request");
      if (request.path("namespace").asText().equals("order")
          && request.path("name").asText().equals("a")) {
        targets.add(asked.target());
      }
    }
    assertThat(targets)
        .containsExactly(
            "/first.example.com?timeout=10s",
            "/second.example.com?timeout=10s",
            "/first.example.com?timeout=10s");
  }

  @Test
  void mutating_unknownFields_areDroppedAndDefaultsSet() {
    namespace("drop");
    ObjectNode hook = hook("drop.example.com", "drop");
    hook.set("rules", rules("CREATE", "", "v1", "services"));
    configure(MUTATING, "drop", hook);
    answers.put(
        "drop",
        review ->
            allowed(
                "[{'op': 'add', 'path': '/spec/nonsense', 'value': 1}, {'op': 'add', 'path':"
                    + " '/spec/ports/-', 'value': {'name': 'b', 'port': 81}}]"));

    KubeObject service =
        client.create(
            GroupVersionResource.core("services"),
            "drop",
            json("{'metadata': {'name': 's'}, 'spec': {'ports': [{'name': 'a', 'port': 80}]}}"));

    assertThat(service.at("spec").has("nonsense")).isFalse();
    assertThat(service.at("spec", "ports").path(1).path("targetPort").asInt()).isEqualTo(81);
  }

  @Test
  void badAnswers_areServerErrorsUnlessFailurePolicyIgnores() {
    namespace("bad");
    configure(MUTATING, "bad", hook("bad.example.com", "bad"));
    record Case(WebhookServer.Handler answer, String message) {}
    String start = "Internal error occurred: failed calling webhook \"bad.example.com\": ";
    for (Case each :
        List.of(
            new Case(
                review -> json("{'allowed': true, 'uid': 'other'}"),
                start + "received invalid webhook response: expected response.uid="),
            new Case(
                review -> json("{'absent': true}"),
                start + "received invalid webhook response: webhook response was absent"),
            new Case(
                review -> json("{'allowed': true, 'patchType': 'JSONPatch'}"),
                start
                    + "received invalid webhook response: webhook returned response.patchType but"
                    + " not response.patch"),
            new Case(
                review -> allowed("[{'op': 'remove', 'path': '/data/none'}]"),
                "Internal error occurred: remove operation does not apply: doc is missing key:"
                    + " /data/none: missing value"),
            new Case(
                review -> allowed("{}"),
                "Internal error occurred: json: cannot unmarshal object into Go value of type"
                    + " jsonpatch.Patch"),
            new Case(
                review -> allowed("[{'op': 'add', 'path': '/data', 'value': 'text'}]"),
                "Internal error occurred: "))) {
      answers.put("bad", each.answer());
      StatusException refusal = refusal("bad", configMap("a"));
      assertThat(refusal.status().code()).isEqualTo(500);
      assertThat(refusal.status().message()).startsWith(each.message());
    }
    client.delete(MUTATING, "", "bad", DeleteOptions.background());
    configure(MUTATING, "bad", hook("bad.example.com", "bad").put("failurePolicy", "Ignore"));
    answers.put("bad", review -> json("{'absent': true}"));
    client.create(CONFIG_MAPS, "bad", configMap("ignored"));
  }

  @Test
  void unreachable_failsWithTheCallsWords_orIsIgnored() throws IOException {
    namespace("gone");
    int port;
    try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    ObjectNode hook = hook("gone.example.com", "gone").put("timeoutSeconds", 3);
    ((ObjectNode) hook.path("clientConfig")).put("url", "https://127.0.0.1:" + port + "/x");
    configure(VALIDATING, "gone", hook);
    assertThat(refusal("gone", configMap("a")).status().message())
        .isEqualTo(
            ("Internal error occurred: failed calling webhook \"gone.example.com\": failed to call"
                    + " webhook: Post \"https://127.0.0.1:%d/x?timeout=3s\": dial tcp"
                    + " 127.0.0.1:%d: connect: connection refused")
                .formatted(port, port));
    client.patch(
        VALIDATING,
        "",
        "gone",
        "",
        PatchType.JSON,
        Json.read(
            "[{\"op\": \"add\", \"path\": \"/webhooks/0/failurePolicy\", \"value\":"
                + " \"Ignore\"}]"),
        WriteOptions.NONE);
    await()
        .atMost(Duration.ofSeconds(5))
        .ignoreExceptions()
        .until(() -> client.create(CONFIG_MAPS, "gone", configMap("b")) != null);
  }

  @Test
  void slow_isGivenUpAtItsTimeout() {
    namespace("slow");
    java.util.concurrent.CountDownLatch end = new java.util.concurrent.CountDownLatch(1);
    answers.put(
        "slow",
        review -> {
          end.await();
          return Json.object().put("allowed", true);
        });
    configure(VALIDATING, "slow", hook("slow.example.com", "slow").put("timeoutSeconds", 1));
    try {
      assertThat(refusal("slow", configMap("a")).status().message())
          .contains("?timeout=1s\": context deadline exceeded");
    } finally {
      end.countDown();
    }
  }

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

    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> client.list(v2, "equal", ListOptions.ALL) != null);
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
    answers.put(
        "connect", review -> json("{'allowed': false, 'status': {'message': 'no shells'}}"));
    await()
        .atMost(Duration.ofSeconds(20))
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

  @Test
  void configuration_withMistakes_isRefused() {
    ObjectNode hook = hook("short.name", "none");
    hook.put("timeoutSeconds", 31).put("sideEffects", "Some");
    ((ObjectNode) hook.path("clientConfig")).put("url", "http://example.com");
    assertThatThrownBy(() -> configure(VALIDATING, "wrong", hook))
        .hasMessageContaining("should be a domain with at least three segments separated by dots")
        .hasMessageContaining("the timeout value must be between 1 and 30 seconds")
        .hasMessageContaining("'https' is the only allowed URL scheme")
        .hasMessageContaining("supported values: \"None\", \"NoneOnDryRun\"");
  }
}
