package dev.coracle.registry.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.webhook.WebhookClient;
import dev.coracle.client.webhook.WebhookConfig;
import dev.coracle.client.webhook.WebhookException;
import dev.coracle.client.webhook.WebhookServer;
import dev.coracle.registry.ConversionWebhooks;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RegistryFixture;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The versions of a custom resource: stored ones, served ones, and a real webhook between them. */
class CustomVersionsTest extends RegistryFixture {

  private static final String CRD = "ships.sea.example.com";

  private WebhookServer webhook;
  private WebhookClient webhooks;

  @BeforeEach
  void start() throws IOException {
    webhook = new WebhookServer(CustomVersionsTest::convert);
    webhooks =
        new WebhookClient(
            (namespace, name, port) -> {
              throw new IOException("service \"" + name + "\" not found");
            },
            "test");
  }

  @Override
  protected Registry open() {
    return Registries.open(
        store,
        RegistryConfig.builder(clock, new SchemaAdapter())
            .conversions(
                (config, review) -> {
                  try {
                    return webhooks.post(WebhookConfig.of(config), review, Duration.ofSeconds(10));
                  } catch (WebhookException e) {
                    throw new ConversionWebhooks.Failure(e.getMessage());
                  }
                })
            .build());
  }

  @AfterEach
  void stop() {
    webhooks.close();
    webhook.close();
  }

  /** v1 has {@code spec.size}, v2 {@code spec.sizes}, a list. */
  private static JsonNode convert(ObjectNode review) {
    JsonNode request = review.path("request");
    ObjectNode answer = review.deepCopy();
    answer.remove("request");
    ObjectNode response = answer.putObject("response");
    response.put("uid", request.path("uid").asText());
    response.putObject("result").put("status", "Success");
    var converted = response.putArray("convertedObjects");
    for (JsonNode each : request.path("objects")) {
      ObjectNode object = each.deepCopy();
      object.set("apiVersion", request.path("desiredAPIVersion"));
      ObjectNode spec = (ObjectNode) object.path("spec");
      if (request.path("desiredAPIVersion").asText().endsWith("/v2")) {
        JsonNode size = spec.remove("size");
        spec.putArray("sizes").add(size);
        spec.put("unknown", "pruned");
      } else {
        JsonNode sizes = spec.remove("sizes");
        spec.set("size", sizes.path(0));
      }
      ((ObjectNode) object.path("metadata")).withObject("/labels").put("converted", "yes");
      converted.add(object);
    }
    return answer;
  }

  private ResourceType type(String group, String version, String plural) {
    ResourceType type = registry.find(group, version, plural);
    assertThat(type).as("%s %s %s", group, version, plural).isNotNull();
    return type;
  }

  private ResourceType ships(String version) {
    return type("sea.example.com", version, "ships");
  }

  private ResourceType definitions() {
    return type("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  }

  private static ObjectNode definition(String storage, ObjectNode conversion) {
    ObjectNode definition =
        json(
            """
            {'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',
             'metadata':{'name':'ships.sea.example.com'},
             'spec':{'group':'sea.example.com','scope':'Namespaced',
              'names':{'plural':'ships','singular':'ship','kind':'Ship','listKind':'ShipList'},
              'versions':[
               {'name':'v1','served':true,'storage':true,
                'schema':{'openAPIV3Schema':{'type':'object','properties':{'spec':{'type':'object',
                 'properties':{'size':{'type':'integer'}}}}}}},
               {'name':'v2','served':true,'storage':false,
                'selectableFields':[{'jsonPath':'.spec.first'}],
                'schema':{'openAPIV3Schema':{'type':'object','properties':{'spec':{'type':'object',
                 'properties':{'first':{'type':'string'},
                  'sizes':{'type':'array','items':{'type':'integer'}}}}}}}}]}}
            """);
    for (JsonNode version : definition.path("spec").path("versions")) {
      ((ObjectNode) version).put("storage", version.path("name").asText().equals(storage));
    }
    ((ObjectNode) definition.path("spec")).set("conversion", conversion);
    return definition;
  }

  private ObjectNode byWebhook() {
    ObjectNode conversion = Json.object().put("strategy", "Webhook");
    ObjectNode own = conversion.putObject("webhook");
    own.putArray("conversionReviewVersions").add("v1").add("v1beta1");
    own.set("clientConfig", webhook.clientConfig("/convert"));
    return conversion;
  }

  private static ObjectNode byName() {
    return Json.object().put("strategy", "None");
  }

  private KubeObject define(ObjectNode definition) {
    return registry.create(context, definitions(), "", "", "", definition, NONE).object();
  }

  private void redefine(ObjectNode definition) {
    ObjectNode next = registry.get(definitions(), "", CRD, "").mutableTree();
    next.set("spec", definition.get("spec"));
    registry.update(context, definitions(), "", CRD, "", next, NONE);
  }

  private KubeObject ship(String version, String name, String spec) {
    ObjectNode ship =
        json(
            "{'apiVersion':'sea.example.com/"
                + version
                + "','kind':'Ship','metadata':{'name':'"
                + name
                + "'},'spec':"
                + spec
                + "}");
    return registry.create(context, ships(version), "a", "", "", ship, NONE).object();
  }

  private KubeObject get(String version, String name) {
    return registry.get(ships(version), "a", name, "");
  }

  private String storedVersion(String name) {
    String bytes =
        new String(
            store.get("/registry/sea.example.com/ships/a/" + name).value(), StandardCharsets.UTF_8);
    return Json.readObject(bytes.getBytes(StandardCharsets.UTF_8)).path("apiVersion").asText();
  }

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

  private static Registry.WatchSink sink(List<String> told) {
    return new Registry.WatchSink() {
      @Override
      public boolean offer(WatchEvent event) {
        told.add(event.type() + " " + event.object().apiVersion() + " " + event.object().name());
        return true;
      }

      @Override
      public void ended() {
        told.add("ended");
      }
    };
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

  @Test
  void storageVersion_changed_isRememberedAndUsedByTheNextWrite() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    redefine(definition("v2", byName()));

    KubeObject definition = registry.get(definitions(), "", CRD, "");
    assertThat(definition.at("status", "storedVersions").toString()).isEqualTo("[\"v1\",\"v2\"]");
    assertThat(storedVersion("b")).isEqualTo("sea.example.com/v1");
    KubeObject before = get("v1", "b");
    KubeObject after =
        registry.update(context, ships("v1"), "a", "b", "", before.mutableTree(), NONE).object();
    assertThat(storedVersion("b")).isEqualTo("sea.example.com/v2");
    assertThat(after.resourceVersion()).isGreaterThan(before.resourceVersion());
    KubeObject again =
        registry.update(context, ships("v1"), "a", "b", "", after.mutableTree(), NONE).object();
    assertThat(again.resourceVersion()).isEqualTo(after.resourceVersion());
  }

  @Test
  void version_noLongerServed_isGoneAndItsObjectsAreServedInTheOther() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    List<String> told = new CopyOnWriteArrayList<>();
    registry.watch(ships("v1"), "a", ListOptions.ALL, sink(told));
    ObjectNode next = definition("v2", byName());
    ((ObjectNode) next.path("spec").path("versions").path(0)).put("served", false);
    redefine(next);

    assertThat(registry.find("sea.example.com", "v1", "ships")).isNull();
    assertThat(get("v2", "b").apiVersion()).isEqualTo("sea.example.com/v2");
    await().until(() -> told.contains("ended"));
  }

  @Test
  void read_schemaGainedDefaults_hasThemAlsoAfterARestart() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    ObjectNode next = definition("v1", byName());
    ObjectNode spec =
        (ObjectNode) next.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties");
    spec.putObject("sail").put("type", "string").put("default", "white");
    redefine(next);

    assertThat(get("v1", "b").text("spec", "sail")).isEqualTo("white");
    assertThat(registry.list(ships("v1"), "a", ListOptions.ALL).items().getFirst().at("spec"))
        .isEqualTo(json("{'size':1,'sail':'white'}"));
    registry = open();
    assertThat(get("v1", "b").text("spec", "sail")).isEqualTo("white");
  }

  @Test
  void read_schemaLostAField_isPruned() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    ObjectNode next = definition("v1", byName());
    ((ObjectNode) next.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"))
        .removeAll()
        .putObject("sail")
        .put("type", "string");
    redefine(next);

    assertThat(get("v1", "b").at("spec")).isEqualTo(json("{}"));
  }

  @Test
  void deprecatedVersion_hasTheWarningOfItsCrdOrKubernetesOwn() {
    ObjectNode definition = definition("v2", byName());
    ObjectNode first = (ObjectNode) definition.path("spec").path("versions").path(0);
    first.put("deprecated", true);
    define(definition);
    assertThat(ships("v1").deprecation())
        .isEqualTo("sea.example.com/v1 Ship is deprecated; use sea.example.com/v2 Ship");
    assertThat(ships("v2").deprecation()).isEmpty();

    first.put("deprecationWarning", "v1 sinks");
    redefine(definition);
    assertThat(ships("v1").deprecation()).isEqualTo("v1 sinks");
  }

  private KubeObject apply(String version, String manager, String spec) {
    String ship =
        "{'apiVersion':'sea.example.com/"
            + version
            + "','kind':'Ship','metadata':{'name':'b'},'spec':"
            + spec
            + "}";
    return registry
        .patch(
            context,
            ships(version),
            "a",
            "b",
            "",
            PatchType.APPLY,
            Json.write(json(ship)),
            WriteOptions.manager(manager))
        .object();
  }

  @Test
  void apply_inAnotherVersion_conflictsInTheVersionOfTheOwner() {
    define(definition("v1", byWebhook()));
    apply("v1", "first", "{'size':3}");

    assertThatThrownBy(() -> apply("v2", "second", "{'sizes':[4]}"))
        .isInstanceOfSatisfying(
            StatusException.class,
            conflict -> {
              assertThat(conflict.code()).isEqualTo(409);
              assertThat(conflict.status().details().causes())
                  .extracting(cause -> cause.message() + " " + cause.field())
                  .containsExactly("conflict with \"first\" .spec.size");
            });
    assertThat(apply("v2", "second", "{'sizes':[3]}").at("spec")).isEqualTo(json("{'sizes':[3]}"));
  }

  @Test
  void apply_sameManagerInAnotherVersion_ownsItsFieldsThere() {
    define(definition("v1", byWebhook()));
    apply("v1", "first", "{'size':3}");

    assertThat(apply("v2", "first", "{'sizes':[5]}").at("spec")).isEqualTo(json("{'sizes':[5]}"));
    assertThat(get("v1", "b").at("spec")).isEqualTo(json("{'size':5}"));
    assertThat(get("v1", "b").at("metadata", "managedFields")).hasSize(1);
    assertThat(get("v1", "b").at("metadata", "managedFields").path(0).path("apiVersion").asText())
        .isEqualTo("sea.example.com/v2");
  }

  @Test
  void apply_withoutWhatWasAppliedInAnotherVersion_removesIt() {
    define(definition("v1", byName()));
    apply("v1", "first", "{'size':3}");
    ObjectNode next = definition("v1", byName());
    ((ObjectNode) next.at("/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties"))
        .putObject("size")
        .put("type", "integer");
    redefine(next);

    assertThat(apply("v2", "first", "{'first':'x'}").at("spec")).isEqualTo(json("{'first':'x'}"));
  }

  @Test
  void names_takenByAnother_areAcceptedWhenThatIsGone() {
    define(definition("v1", byName()));
    ObjectNode other = definition("v1", byName());
    ((ObjectNode) other.path("metadata")).put("name", "vessels.sea.example.com");
    ((ObjectNode) other.path("spec").path("names"))
        .put("plural", "vessels")
        .put("singular", "vessel");
    KubeObject refused = define(other);
    assertThat(refused.at("status", "conditions").path(0).path("reason").asText())
        .isEqualTo("ListKindConflict");
    assertThat(refused.at("status", "conditions").path(1).path("reason").asText())
        .isEqualTo("NotAccepted");
    assertThat(refused.at("status", "acceptedNames"))
        .isEqualTo(json("{'plural':'vessels','singular':'vessel','kind':''}"));
    assertThat(registry.find("sea.example.com", "v1", "vessels")).isNull();

    registry.delete(context, definitions(), "", CRD, DeleteOptions.background());
    await().until(() -> registry.find("sea.example.com", "v1", "vessels") != null);
  }

  @Test
  void create_unqualifiedFinalizer_isAllowedWithAWarning() {
    define(definition("v1", byName()));
    ObjectNode ship =
        json(
            "{'apiVersion':'sea.example.com/v1','kind':'Ship','metadata':{'name':'b',"
                + "'finalizers':['mine']},'spec':{}}");
    registry.create(context, ships("v1"), "a", "", "", ship, NONE);

    assertThat(context.warnings())
        .containsExactly(
            "metadata.finalizers: \"mine\": prefer a domain-qualified finalizer name including a"
                + " path (/) to avoid accidental conflicts with other finalizer writers");
  }

  @Test
  void create_otherKind_isInvalid() {
    define(definition("v1", byName()));
    ObjectNode boat =
        json("{'apiVersion':'sea.example.com/v1','kind':'Boat','metadata':{'name':'b'}}");
    assertThatThrownBy(() -> registry.create(context, ships("v1"), "a", "", "", boat, NONE))
        .hasMessage(
            "Boat.sea.example.com \"b\" is invalid: kind: Invalid value: \"Boat\": must be Ship");
  }
}
