package dev.coracle.registry.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.webhook.WebhookServer;
import dev.coracle.registry.Registry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A custom resource in another version than the stored one: asked of a real webhook. */
class ConversionWebhookTest extends ShipsFixture {

  @Test
  void get_otherVersion_isConvertedByTheWebhookAndPruned() {
    define(definition("v1", byWebhook()));
    ship("v1", "b", "{'size':3}");

    KubeObject converted = get("v2", "b");

    assertThat(converted.apiVersion()).isEqualTo("sea.example.com/v2");
    assertThat(converted.at("spec")).isEqualTo(json("{'sizes':[3]}"));
    assertThat(converted.labels()).containsEntry("converted", "yes");
    assertThat(converted.uid()).isEqualTo(get("v1", "b").uid());
    assertThat(converted.resourceVersion()).isEqualTo(get("v1", "b").resourceVersion());
    ObjectNode review = webhook.asked().poll().review();
    assertThat(review.path("apiVersion").asText()).isEqualTo("apiextensions.k8s.io/v1");
    assertThat(review.path("request").path("desiredAPIVersion").asText())
        .isEqualTo("sea.example.com/v2");
    assertThat(review.path("request").path("objects")).hasSize(1);
    assertThat(webhook.asked()).isEmpty();
  }

  @Test
  void create_otherVersion_isStoredConverted() {
    define(definition("v1", byWebhook()));

    KubeObject created = ship("v2", "b", "{'sizes':[7]}");

    assertThat(created.at("spec", "sizes", "0").isMissingNode()).isTrue();
    assertThat(created.at("spec")).isEqualTo(json("{'sizes':[7]}"));
    assertThat(storedVersion("b")).isEqualTo("sea.example.com/v1");
    assertThat(get("v1", "b").at("spec")).isEqualTo(json("{'size':7}"));
  }

  @Test
  void list_manyOfOtherVersion_isOneCallWithThoseThatNeedIt() {
    define(definition("v1", byWebhook()));
    ship("v1", "b", "{'size':1}");
    ship("v1", "c", "{'size':2}");
    redefine(definition("v2", byWebhook()));
    ship("v2", "d", "{'sizes':[3]}");
    webhook.asked().clear();

    List<KubeObject> ships = registry.list(ships("v2"), "a", ListOptions.ALL).items();

    assertThat(ships).extracting(KubeObject::apiVersion).containsOnly("sea.example.com/v2");
    assertThat(ships)
        .extracting(ship -> ship.at("spec", "sizes").path(0).asInt())
        .containsExactly(1, 2, 3);
    assertThat(webhook.asked()).hasSize(1);
    assertThat(webhook.asked().poll().review().path("request").path("objects")).hasSize(2);
  }

  @Test
  void list_pagesOfOtherVersion_goOnWhereTheyEnded() {
    define(definition("v1", byWebhook()));
    for (int i = 0; i < 5; i++) {
      ship("v1", "s" + i, "{'size':" + i + "}");
    }
    var first = registry.list(ships("v2"), "a", ListOptions.ALL.withLimit(2, ""));
    var second =
        registry.list(ships("v2"), "a", ListOptions.ALL.withLimit(3, first.continueToken()));

    assertThat(first.items()).extracting(KubeObject::name).containsExactly("s0", "s1");
    assertThat(first.remainingItemCount()).isEqualTo(3);
    assertThat(second.items()).extracting(KubeObject::name).containsExactly("s2", "s3", "s4");
  }

  @Test
  void watch_eachVersion_tellsObjectsInIt() {
    define(definition("v1", byWebhook()));
    ship("v1", "b", "{'size':1}");
    List<String> first = new CopyOnWriteArrayList<>();
    List<String> second = new CopyOnWriteArrayList<>();
    Registry.Watch watch1 = registry.watch(ships("v1"), "a", ListOptions.ALL, sink(first));
    Registry.Watch watch2 = registry.watch(ships("v2"), "a", ListOptions.ALL, sink(second));
    ship("v2", "c", "{'sizes':[2]}");

    await().until(() -> first.size() == 2 && second.size() == 2);
    watch1.close();
    watch2.close();
    assertThat(first).containsExactly("ADDED sea.example.com/v1 b", "ADDED sea.example.com/v1 c");
    assertThat(second).containsExactly("ADDED sea.example.com/v2 b", "ADDED sea.example.com/v2 c");
  }

  @Test
  void watch_webhookFails_endsWithAnError() {
    define(definition("v1", byWebhook()));
    ship("v1", "b", "{'size':1}");
    webhook.status(500);
    List<String> told = new CopyOnWriteArrayList<>();
    registry.watch(ships("v2"), "a", ListOptions.ALL, sink(told));

    await().until(() -> told.contains("ended"));
    assertThat(told.getFirst()).startsWith("ERROR");
  }

  private void refused(WebhookServer.Handler handler, String message) {
    webhook.answer(handler);
    assertThatThrownBy(() -> get("v2", "b"))
        .isInstanceOfSatisfying(
            StatusException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(500);
              assertThat(failure.getMessage())
                  .isEqualTo("conversion webhook for sea.example.com/v1, Kind=Ship " + message);
            });
  }

  @Test
  void get_webhookSaysWhatItMustNot_isRefused() {
    define(definition("v1", byWebhook()));
    ship("v1", "b", "{'size':1}");
    refused(
        review -> {
          ObjectNode answer = (ObjectNode) convert(review);
          ObjectNode result = (ObjectNode) answer.path("response").path("result");
          result.put("status", "Failure").put("message", "no such ship");
          return answer;
        },
        "failed: no such ship");
    refused(
        review -> {
          ObjectNode answer = (ObjectNode) convert(review);
          ((ObjectNode) answer.path("response")).remove("convertedObjects");
          return answer;
        },
        "returned 0 objects, expected 1");
    refused(
        review -> changed(review, "name", "other"),
        "returned invalid object: must have the same name: b != other");
    refused(
        review -> changed(review, "namespace", "x"),
        "returned invalid object: must have the same namespace: a != x");
    refused(
        review -> {
          ObjectNode answer = (ObjectNode) convert(review);
          ((ObjectNode) answer.path("response").path("convertedObjects").path(0))
              .put("apiVersion", "sea.example.com/v3");
          return answer;
        },
        "returned invalid object: invalid groupVersion (expected sea.example.com/v2, received"
            + " sea.example.com/v3)");
    webhook.answer(
        review -> {
          ObjectNode answer = (ObjectNode) convert(review);
          ((ObjectNode) answer.path("response")).put("uid", "other");
          return answer;
        });
    assertThatThrownBy(() -> get("v2", "b"))
        .hasMessageContaining("expected response.uid=\"")
        .hasMessageEndingWith("\", got \"other\"");
  }

  private static ObjectNode changed(ObjectNode review, String field, String value) {
    ObjectNode answer = (ObjectNode) convert(review);
    ((ObjectNode) answer.path("response").path("convertedObjects").path(0).path("metadata"))
        .put(field, value);
    return answer;
  }

  @Test
  void get_webhookChangesOtherMetadata_isIgnored() {
    define(definition("v1", byWebhook()));
    KubeObject created = ship("v1", "b", "{'size':1}");
    webhook.answer(review -> changed(review, "creationTimestamp", "2000-01-01T00:00:00Z"));

    assertThat(get("v2", "b").creationTimestamp()).isEqualTo(created.creationTimestamp());
  }

  @Test
  void get_webhookIsNotThere_says_why() {
    webhook.close();
    define(definition("v1", byWebhook()));
    ship("v1", "b", "{'size':1}");

    assertThatThrownBy(() -> get("v2", "b"))
        .hasMessage(
            "conversion webhook for sea.example.com/v1, Kind=Ship failed: Post \""
                + webhook.url("/convert")
                + "?timeout=10s\": dial tcp 127.0.0.1:"
                + webhook.port()
                + ": connect: connection refused");
  }
}
