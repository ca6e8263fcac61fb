package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.ClosedPort;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.webhook.WebhookServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Admission webhooks: what they are sent, and what becomes of their answers. */
class WebhookAdmissionTest extends WebhookFixture {

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
            .filter(
                each ->
                    each.path("name").asText().equals(made.name())
                        || each.at("/oldObject/metadata/name").asText().equals(made.name()))
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
    assertThat(delete.path("name").asText()).isEmpty();
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
  void unreachable_failsWithTheCallsWords_orIsIgnored() {
    namespace("gone");
    try (ClosedPort port = new ClosedPort()) {
      unreachable(port.number());
    }
  }

  private void unreachable(int port) {
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
