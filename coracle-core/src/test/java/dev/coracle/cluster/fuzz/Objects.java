package dev.coracle.cluster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.List;
import java.util.Random;

/**
 * Makes objects after the server's own OpenAPI document: right in shape, random in what they say.
 */
final class Objects {

  private static final List<String> WORDS =
      List.of(
          "a",
          "web",
          "fuzz-1",
          "100m",
          "1Gi",
          "10.96.0.7",
          "http",
          "TCP",
          "Always",
          "True",
          "8080",
          "app",
          "nginx:1",
          "/var/run",
          "kubernetes.io/hostname",
          "2026-01-01T00:00:00Z",
          "30s",
          "NodePort",
          "*",
          "25%",
          "default",
          "In",
          "10.0.0.0/8",
          "v1",
          "UTC",
          "*/5 * * * *");
  private static final int DEPTH = 7;

  private final JsonNode definitions;

  Objects(JsonNode openApi) {
    this.definitions = openApi.path("definitions");
  }

  /** An object of a kind, or one of a few fields when the document does not define it. */
  ObjectNode make(String group, String version, String kind, String name, Random random) {
    ObjectNode object = Json.object();
    for (JsonNode definition : definitions) {
      JsonNode of = definition.path("x-kubernetes-group-version-kind").path(0);
      if (of.path("kind").asText().equals(kind)
          && of.path("group").asText().equals(group)
          && of.path("version").asText().equals(version)
          && value(definition, 0, random) instanceof ObjectNode made) {
        object = made;
        break;
      }
    }
    object.put("apiVersion", group.isEmpty() ? version : group + "/" + version).put("kind", kind);
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (random.nextInt(3) == 0) {
      metadata.putObject("labels").put("app", "web").put("n", String.valueOf(random.nextInt(3)));
    }
    if (random.nextInt(20) == 0) {
      metadata.putArray("finalizers").add("example.com/fuzz");
    }
    return object;
  }

  private JsonNode value(JsonNode schema, int depth, Random random) {
    String reference = schema.path("$ref").asText("");
    if (!reference.isEmpty()) {
      JsonNode target = definitions.path(reference.substring(reference.lastIndexOf('/') + 1));
      return value(target, depth, random);
    }
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (schema.path("type").asText("")) {
      case "string" -> nodes.textNode(string(schema, random));
      case "integer" -> nodes.numberNode(random.nextInt(4));
      case "number" -> nodes.numberNode(random.nextInt(40) / 4.0);
      case "boolean" -> nodes.booleanNode(random.nextBoolean());
      case "array" -> {
        ArrayNode array = Json.array();
        for (int i = depth > DEPTH ? 0 : random.nextInt(3); i > 0; i--) {
          array.add(value(schema.path("items"), depth + 1, random));
        }
        yield array;
      }
      case "object" -> object(schema, depth, random);
      default -> schema.has("properties") ? object(schema, depth, random) : Json.object();
    };
  }

  private static String string(JsonNode schema, Random random) {
    JsonNode choices = schema.path("enum");
    if (!choices.isEmpty()) {
      return choices.get(random.nextInt(choices.size())).asText();
    }
    return WORDS.get(random.nextInt(WORDS.size()));
  }

  private ObjectNode object(JsonNode schema, int depth, Random random) {
    ObjectNode object = Json.object();
    JsonNode properties = schema.path("properties");
    int sparse = 1 + depth + properties.size() / 6;
    for (var property : properties.properties()) {
      boolean required = false;
      for (JsonNode each : schema.path("required")) {
        required |= each.asText().equals(property.getKey());
      }
      if (required || (depth <= DEPTH && random.nextInt(sparse) == 0)) {
        object.set(property.getKey(), value(property.getValue(), depth + 1, random));
      }
    }
    if (schema.path("additionalProperties").isObject() && depth <= DEPTH) {
      object.set("app", value(schema.path("additionalProperties"), depth + 1, random));
    }
    return object;
  }
}
