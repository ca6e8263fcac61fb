package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.Schema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How server-side apply sees a value: as a whole, or as fields or elements that may have different
 * owners ("Merge strategy" in the Kubernetes documentation of server-side apply).
 */
enum FieldShape {
  WHOLE,
  FIELDS,
  ELEMENTS;

  /** The shape of a value of which one side may be missing; what is null fits every shape. */
  static FieldShape of(@Nullable Schema schema, @Nullable JsonNode left, @Nullable JsonNode right) {
    JsonNode value = left == null || left.isNull() ? right : left;
    JsonNode other = right == null || right.isNull() ? value : right;
    if (value == null || other == null) {
      return WHOLE;
    }
    if (value.isObject() && other.isObject()) {
      boolean free =
          schema != null
              && !schema.isCustom()
              && (schema.preservesUnknownFields() || schema.type() == Schema.Type.ANY);
      return free || (schema != null && schema.isAtomic()) ? WHOLE : FIELDS;
    }
    if (value.isArray() && other.isArray() && schema != null) {
      return schema.listType() == Schema.ListType.ATOMIC ? WHOLE : ELEMENTS;
    }
    return WHOLE;
  }

  /** The schema of a field; null where nothing is known. */
  static @Nullable Schema field(@Nullable Schema schema, String name) {
    return schema == null ? null : schema.child(name);
  }

  static boolean isDeclared(@Nullable Schema schema, String name) {
    return schema != null && schema.property(name) != null;
  }

  /** The step to an element of a list; null when it has no key. */
  static @Nullable String step(Schema list, JsonNode element) {
    if (list.listType() == Schema.ListType.SET) {
      return element.isContainerNode() && element.isArray() ? null : "v:" + element;
    }
    ObjectNode keys = Json.object();
    Schema items = list.items();
    boolean any = false;
    for (String key : list.listMapKeys()) {
      JsonNode value = element.get(key);
      if (value == null) {
        Schema field = items == null ? null : items.property(key);
        value = field == null ? null : field.defaultValue();
      } else {
        any = true;
      }
      if (value != null) {
        keys.set(key, value);
      }
    }
    return any ? FieldSet.key(keys) : null;
  }

  /** The elements of a list by their steps, in order; twins are one, an array of them. */
  static Map<String, JsonNode> elements(Schema list, @Nullable JsonNode value) {
    Map<String, JsonNode> elements = new LinkedHashMap<>();
    if (value instanceof ArrayNode array) {
      for (JsonNode element : array) {
        String step = step(list, element);
        if (step != null) {
          elements.merge(step, element, FieldShape::twins);
        }
      }
    }
    return elements;
  }

  private static JsonNode twins(JsonNode first, JsonNode second) {
    ArrayNode twins = first instanceof ArrayNode known ? known : Json.array().add(first);
    return twins.add(second);
  }

  static List<Map.Entry<String, JsonNode>> fields(@Nullable JsonNode value) {
    return value instanceof ObjectNode object ? List.copyOf(object.properties()) : List.of();
  }
}
