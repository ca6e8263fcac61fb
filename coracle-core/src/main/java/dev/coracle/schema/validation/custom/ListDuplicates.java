package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Lists of type {@code set} or {@code map} that have an item twice. */
final class ListDuplicates {

  private ListDuplicates() {}

  static boolean forbidden(JsonNode schema) {
    return schema.path("x-kubernetes-list-type").asText("").equals("set")
        || TypedLists.isMap(schema);
  }

  /** Whether there is such a list anywhere in a value. */
  static boolean in(JsonNode schema, JsonNode value) {
    if (value.isArray()) {
      Set<JsonNode> seen = new HashSet<>();
      for (JsonNode item : value) {
        JsonNode key = TypedLists.isMap(schema) ? TypedLists.key(schema, item) : item;
        if (forbidden(schema) && !seen.add(key) || in(schema.path("items"), item)) {
          return true;
        }
      }
    }
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        JsonNode property = schema.path("properties").path(entry.getKey());
        JsonNode inner = property.isMissingNode() ? schema.path("additionalProperties") : property;
        if (inner.isObject() && in(inner, entry.getValue())) {
          return true;
        }
      }
    }
    return false;
  }
}
