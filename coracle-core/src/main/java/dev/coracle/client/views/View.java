package dev.coracle.client.views;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A typed, read-only look at a JSON object; nothing is copied or checked. An absent scalar reads as
 * null, an absent list or map as empty, an absent object as a view that is not {@link
 * #isPresent()}, so that a chain of accessors never meets null. Every {@code withX} gives a new
 * view whose tree shares all other fields with this one's; null removes the field.
 */
public abstract class View {

  private final JsonNode node;

  View(JsonNode node) {
    this.node = node;
  }

  /**
   * The tree; an empty one of its own when absent. The caller must not change it: other views may
   * share it.
   */
  public final ObjectNode node() {
    return node instanceof ObjectNode object ? object : Json.object();
  }

  /** Whether the object is there at all. */
  public final boolean isPresent() {
    return node instanceof ObjectNode;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof View view
        && view.getClass() == getClass()
        && view.node().equals(node());
  }

  @Override
  public final int hashCode() {
    return node().hashCode();
  }

  @Override
  public final String toString() {
    return getClass().getSimpleName() + node;
  }

  final JsonNode field(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? MissingNode.getInstance() : value;
  }

  final @Nullable String string(String name) {
    JsonNode value = field(name);
    return value.isMissingNode() ? null : value.asText();
  }

  final @Nullable Integer integer(String name) {
    JsonNode value = field(name);
    return value.isMissingNode() ? null : value.asInt();
  }

  final @Nullable Long longInteger(String name) {
    JsonNode value = field(name);
    return value.isMissingNode() ? null : value.asLong();
  }

  final @Nullable Boolean bool(String name) {
    JsonNode value = field(name);
    return value.isMissingNode() ? null : value.asBoolean();
  }

  final @Nullable Double number(String name) {
    JsonNode value = field(name);
    return value.isMissingNode() ? null : value.asDouble();
  }

  final ObjectNode set(String name, @Nullable JsonNode value) {
    ObjectNode changed = Json.object();
    changed.setAll(node());
    if (value == null) {
      changed.remove(name);
    } else {
      changed.set(name, value);
    }
    return changed;
  }

  final ObjectNode set(String name, @Nullable String value) {
    return set(name, value == null ? null : json(value));
  }

  final ObjectNode set(String name, @Nullable Integer value) {
    return set(name, value == null ? null : json(value));
  }

  final ObjectNode set(String name, @Nullable Long value) {
    return set(name, value == null ? null : json(value));
  }

  final ObjectNode set(String name, @Nullable Boolean value) {
    return set(name, value == null ? null : json(value));
  }

  final ObjectNode set(String name, @Nullable Double value) {
    return set(name, value == null ? null : json(value));
  }

  static ObjectNode kind(String apiVersion, String kind) {
    return Json.object().put("kind", kind).put("apiVersion", apiVersion);
  }

  static ArrayNode newArray() {
    return Json.array();
  }

  static ObjectNode newObject() {
    return Json.object();
  }

  static JsonNode json(String value) {
    return TextNode.valueOf(value);
  }

  static JsonNode json(int value) {
    return IntNode.valueOf(value);
  }

  static JsonNode json(long value) {
    return LongNode.valueOf(value);
  }

  static JsonNode json(boolean value) {
    return BooleanNode.valueOf(value);
  }

  static JsonNode json(double value) {
    return DoubleNode.valueOf(value);
  }

  static List<String> strings(JsonNode array) {
    List<String> items = new ArrayList<>(array.size());
    for (JsonNode item : array) {
      items.add(item.asText());
    }
    return Collections.unmodifiableList(items);
  }

  static ArrayNode strings(List<String> values) {
    ArrayNode array = newArray();
    values.forEach(array::add);
    return array;
  }
}
