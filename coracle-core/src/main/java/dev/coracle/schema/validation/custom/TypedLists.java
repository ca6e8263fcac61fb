package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.validation.field.Field;

/** Lists that are maps: whose items are told apart by {@code x-kubernetes-list-map-keys}. */
final class TypedLists {

  private TypedLists() {}

  static boolean isMap(JsonNode schema) {
    return schema.path("x-kubernetes-list-type").asText("").equals("map");
  }

  /** The keys of an item; those that it leaves out have their default. */
  static JsonNode key(JsonNode schema, JsonNode item) {
    ObjectNode key = Json.object();
    for (JsonNode name : schema.path("x-kubernetes-list-map-keys")) {
      String field = name.asText("");
      JsonNode fallback = schema.path("items").path("properties").path(field).path("default");
      if (item.has(field)) {
        key.set(field, item.get(field));
      } else if (!fallback.isMissingNode()) {
        key.set(field, fallback);
      }
    }
    return key;
  }

  /** The old item with the same keys; a missing node in lists that are no maps. */
  static JsonNode sameItem(JsonNode schema, JsonNode item, JsonNode old) {
    if (isMap(schema) && old.isArray()) {
      JsonNode key = key(schema, item);
      for (JsonNode before : old) {
        if (key(schema, before).equals(key)) {
          return before;
        }
      }
    }
    return Field.nothing();
  }
}
