package dev.coracle.registry.custom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Ships in two versions, and a real webhook that converts between them. */
abstract class ShipsFixture extends RegistryFixture {

  static final String CRD = "ships.sea.example.com";

  WebhookServer webhook;
  private WebhookClient webhooks;

  @BeforeEach
  void start() throws IOException {
    webhook = new WebhookServer(ShipsFixture::convert);
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
  static JsonNode convert(ObjectNode review) {
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

  ResourceType type(String group, String version, String plural) {
    ResourceType type = registry.find(group, version, plural);
    assertThat(type).as("%s %s %s", group, version, plural).isNotNull();
    return type;
  }

  ResourceType ships(String version) {
    return type("sea.example.com", version, "ships");
  }

  ResourceType definitions() {
    return type("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  }

  static ObjectNode definition(String storage, ObjectNode conversion) {
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

  ObjectNode byWebhook() {
    ObjectNode conversion = Json.object().put("strategy", "Webhook");
    ObjectNode own = conversion.putObject("webhook");
    own.putArray("conversionReviewVersions").add("v1").add("v1beta1");
    own.set("clientConfig", webhook.clientConfig("/convert"));
    return conversion;
  }

  static ObjectNode byName() {
    return Json.object().put("strategy", "None");
  }

  KubeObject define(ObjectNode definition) {
    return registry.create(context, definitions(), "", "", "", definition, NONE).object();
  }

  void redefine(ObjectNode definition) {
    ObjectNode next = registry.get(definitions(), "", CRD, "").mutableTree();
    next.set("spec", definition.get("spec"));
    registry.update(context, definitions(), "", CRD, "", next, NONE);
  }

  KubeObject ship(String version, String name, String spec) {
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

  KubeObject get(String version, String name) {
    return registry.get(ships(version), "a", name, "");
  }

  String storedVersion(String name) {
    String bytes =
        new String(
            store.get("/registry/sea.example.com/ships/a/" + name).value(), StandardCharsets.UTF_8);
    return Json.readObject(bytes.getBytes(StandardCharsets.UTF_8)).path("apiVersion").asText();
  }

  static Registry.WatchSink sink(List<String> told) {
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
}
