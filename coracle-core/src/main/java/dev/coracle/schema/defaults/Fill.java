package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The small verbs of defaulting. None of them replaces a value of an unexpected type. */
final class Fill {

  private Fill() {}

  static boolean absent(ObjectNode object, String field) {
    JsonNode value = object.get(field);
    return value == null || value.isNull();
  }

  /** Whether a string is absent or empty. */
  static boolean blank(ObjectNode object, String field) {
    JsonNode value = object.get(field);
    return value == null || value.isNull() || (value.isTextual() && value.textValue().isEmpty());
  }

  static String string(ObjectNode object, String field) {
    return object.path(field).asText("");
  }

  /** Sets a string that is absent or empty. */
  static void text(ObjectNode object, String field, String value) {
    if (blank(object, field)) {
      object.put(field, value);
    }
  }

  /** Sets a number that is absent. */
  static void number(ObjectNode object, String field, int value) {
    if (absent(object, field)) {
      object.put(field, value);
    }
  }

  /** Sets a number that is absent or zero. */
  static void nonZero(ObjectNode object, String field, int value) {
    JsonNode now = object.get(field);
    if (now == null || now.isNull() || (now.isNumber() && now.longValue() == 0)) {
      object.put(field, value);
    }
  }

  static void flag(ObjectNode object, String field, boolean value) {
    if (absent(object, field)) {
      object.put(field, value);
    }
  }

  /** Writes {@code null} where Kubernetes writes a field that has no value. */
  static void nothing(ObjectNode object, String field) {
    if (!object.has(field)) {
      object.putNull(field);
    }
  }

  /** An empty string that is written all the same. */
  static void empty(ObjectNode object, String field) {
    if (absent(object, field)) {
      object.put(field, "");
    }
  }

  /** The object in a field, made when it is absent. */
  static ObjectNode child(ObjectNode object, String field) {
    JsonNode value = object.get(field);
    if (value instanceof ObjectNode child) {
      return child;
    }
    ObjectNode made = Json.object();
    if (value == null || value.isNull()) {
      object.set(field, made);
    }
    return made;
  }

  /** The object in a field, if there is one. */
  static @Nullable ObjectNode existing(ObjectNode object, String field) {
    return object.get(field) instanceof ObjectNode child ? child : null;
  }

  /** The objects in a list, none when there is no list. */
  static List<ObjectNode> objects(ObjectNode object, String field) {
    if (!(object.get(field) instanceof ArrayNode array) || array.isEmpty()) {
      return List.of();
    }
    List<ObjectNode> items = new ArrayList<>(array.size());
    for (JsonNode item : array) {
      if (item instanceof ObjectNode node) {
        items.add(node);
      }
    }
    return items;
  }

  /** Brings one quantity into canonical form. */
  static void quantity(ObjectNode object, String field) {
    JsonNode value = object.get(field);
    if (value != null && (value.isTextual() || value.isNumber())) {
      JsonNode canonical = canonical(value, false);
      if (canonical != value) {
        object.set(field, canonical);
      }
    }
  }

  /** Brings a resource list into canonical form, in thousandths at the finest. */
  static void quantities(ObjectNode object, String field) {
    if (existing(object, field) instanceof ObjectNode list) {
      for (Map.Entry<String, JsonNode> entry : list.properties()) {
        JsonNode value = entry.getValue();
        JsonNode canonical = canonical(value, true);
        if (canonical != value) {
          entry.setValue(canonical);
        }
      }
    }
  }

  private static JsonNode canonical(JsonNode value, boolean milli) {
    try {
      Quantity quantity = Quantity.of(value);
      String text = (milli ? quantity.roundedUpToMilli() : quantity).toString();
      return value.isTextual() && text.equals(value.textValue())
          ? value
          : Json.object().textNode(text);
    } catch (IllegalArgumentException e) {
      return value;
    }
  }

  /** Copies the entries that {@code to} does not have. */
  static void missing(ObjectNode from, ObjectNode to) {
    for (Map.Entry<String, JsonNode> entry : from.properties()) {
      if (!to.has(entry.getKey())) {
        to.set(entry.getKey(), entry.getValue());
      }
    }
  }
}
