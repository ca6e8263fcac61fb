package dev.coracle.schema.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Map;
import java.util.Set;

/**
 * What remains of a CRD's schema in OpenAPI v2: that version cannot say that a value may be null or
 * have unknown fields, and clients that validate by it would refuse such objects. So those parts
 * lose their type and their fields there, as in a kube-apiserver.
 */
final class CustomOpenApiV2 {

  private static final Set<String> ONLY_V3 =
      Set.of("nullable", "anyOf", "oneOf", "allOf", "not", "default", "x-kubernetes-validations");

  private CustomOpenApiV2() {}

  /** A new tree; the given one stays as it is. */
  static ObjectNode of(ObjectNode schema) {
    ObjectNode result = Json.object();
    boolean open = preserves(schema) || nullable(schema);
    for (Map.Entry<String, JsonNode> field : schema.properties()) {
      String keyword = field.getKey();
      if (ONLY_V3.contains(keyword)
          || open && (keyword.equals("items") || keyword.equals("properties"))) {
        continue;
      }
      result.set(keyword, child(keyword, field.getValue()));
    }
    String type = schema.path("type").asText();
    if (nullable(schema)
        || type.equals("array") && !result.has("items")
        || type.equals("object") && preserves(schema)) {
      result.remove("type");
    }
    required(schema, result);
    return result;
  }

  static boolean preserves(JsonNode schema) {
    return schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
  }

  private static boolean nullable(JsonNode schema) {
    return schema.path("nullable").asBoolean();
  }

  private static JsonNode child(String keyword, JsonNode value) {
    if (!(value instanceof ObjectNode object)) {
      return value;
    }
    return switch (keyword) {
      case "items", "additionalProperties" -> of(object);
      case "properties" -> {
        ObjectNode properties = Json.object();
        for (Map.Entry<String, JsonNode> property : object.properties()) {
          properties.set(
              property.getKey(),
              property.getValue() instanceof ObjectNode schema ? of(schema) : property.getValue());
        }
        yield properties;
      }
      default -> value;
    };
  }

  /** A field that may be null counts as absent then, so it cannot be asked for. */
  private static void required(ObjectNode schema, ObjectNode result) {
    if (!(schema.get("required") instanceof ArrayNode names)) {
      return;
    }
    ArrayNode kept = Json.mapper().createArrayNode();
    if (!nullable(schema.path("additionalProperties"))) {
      for (JsonNode name : names) {
        boolean field = result.has("properties");
        if (!field || !nullable(schema.path("properties").path(name.asText()))) {
          kept.add(name);
        }
      }
    }
    if (kept.isEmpty()) {
      result.remove("required");
    } else {
      result.set("required", kept);
    }
  }
}
