package dev.coracle.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Map;

/**
 * Puts in what is there when it is left out: the {@code default}s of a CRD's schema, and what Go's
 * structures of the built-in kinds always have (an empty {@code status}, a zero {@code port}). The
 * defaults that depend on other fields are not in schemas.
 */
public final class DeclaredDefaults {

  private DeclaredDefaults() {}

  /** Changes the tree in place. */
  public static void apply(ObjectNode object, Schema schema) {
    for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
      JsonNode defaultValue = property.getValue().defaultValue();
      if (defaultValue != null && !property.getValue().isOmittedWhenZero()) {
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

  /**
   * What an object of a built-in kind has before anything is said of it: Go's zero value, written
   * as JSON. Of a custom resource nothing.
   */
  public static ObjectNode zero(Schema schema) {
    ObjectNode zero = Json.object();
    if (schema.isCustom()) {
      return zero;
    }
    for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
      Schema field = property.getValue();
      JsonNode value = field.defaultValue();
      if (value != null && value.isObject()) {
        zero.set(property.getKey(), zero(field));
      } else if (value != null && isZero(value) && !field.isOmittedWhenZero()) {
        zero.set(property.getKey(), value);
      } else if (value == null && schema.required().contains(property.getKey())) {
        zero.set(property.getKey(), NullNode.getInstance());
      }
    }
    return zero;
  }

  /** Whether a scalar is what Go has when nothing was said. */
  public static boolean isZero(JsonNode value) {
    return value.isTextual() ? value.asText().isEmpty() : value.asDouble() == 0;
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
