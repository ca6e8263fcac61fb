package dev.coracle.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Puts in what is there when it is left out: the {@code default}s of a CRD's schema, and what Go's
 * structures of the built-in kinds always have (an empty {@code status}, a zero {@code port}). The
 * defaults that depend on other fields are not in schemas.
 */
public final class Defaults {

  private Defaults() {}

  /** Changes the tree in place. */
  public static void apply(ObjectNode object, Schema schema) {
    for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
      JsonNode defaultValue = property.getValue().defaultValue();
      if (defaultValue != null) {
        JsonNode value = object.get(property.getKey());
        if (value == null || (value.isNull() && !property.getValue().isNullable())) {
          object.set(property.getKey(), defaultValue.deepCopy());
        }
      }
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      Schema child = schema.child(field.getKey());
      if (child != null) {
        value(field.getValue(), child);
      }
    }
  }

  private static void value(JsonNode value, Schema schema) {
    if (value instanceof ObjectNode object) {
      apply(object, schema);
    } else if (value.isArray()) {
      Schema items = schema.items();
      if (items != null) {
        for (JsonNode item : value) {
          value(item, items);
        }
      }
    }
  }
}
