package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.Schema;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What server-side apply does with objects and sets of fields, driven by the schema. */
final class FieldSets {

  private FieldSets() {}

  /** Every field and element that a value has. */
  static FieldSet of(JsonNode value, @Nullable Schema schema) {
    FieldSet.Builder builder = new FieldSet.Builder();
    collect(value, schema, builder);
    builder.member = false;
    return builder.build();
  }

  private static void collect(JsonNode value, @Nullable Schema schema, FieldSet.Builder builder) {
    switch (FieldShape.of(schema, value, null)) {
      case WHOLE -> builder.member = true;
      case FIELDS -> {
        for (Map.Entry<String, JsonNode> field : FieldShape.fields(value)) {
          FieldSet.Builder child = builder.child("f:" + field.getKey());
          JsonNode inner = field.getValue();
          collect(inner, FieldShape.field(schema, field.getKey()), child);
          child.member |=
              (inner.isObject() && inner.isEmpty())
                  || !FieldShape.isDeclared(schema, field.getKey());
        }
      }
      case ELEMENTS -> {
        if (schema != null) {
          FieldShape.elements(schema, value)
              .forEach(
                  (step, element) -> {
                    FieldSet.Builder child = builder.child(step);
                    collect(element, schema.items(), child);
                    child.member = true;
                  });
        }
      }
    }
  }

  /** The set with the declared fields above its paths as members, too. */
  static FieldSet withNamedFields(FieldSet set, @Nullable Schema schema) {
    FieldSet.Builder builder = new FieldSet.Builder();
    named(set, schema, builder);
    return builder.build();
  }

  private static void named(FieldSet set, @Nullable Schema schema, FieldSet.Builder builder) {
    builder.member |= set.isMember();
    set.children()
        .forEach(
            (step, below) -> {
              FieldSet.Builder child = builder.child(step);
              String name = step.substring(2);
              boolean field = step.startsWith("f:");
              Schema inner =
                  field ? FieldShape.field(schema, name) : schema == null ? null : schema.items();
              child.member =
                  field && !below.children().isEmpty() && FieldShape.isDeclared(schema, name);
              named(below, inner, child);
            });
  }

  /** A copy of a value without what is in the set; null when nothing is left of it. */
  static JsonNode remove(JsonNode value, FieldSet set, @Nullable Schema schema) {
    return switch (FieldShape.of(schema, value, null)) {
      case WHOLE -> value;
      case FIELDS -> {
        ObjectNode kept = Json.object();
        for (Map.Entry<String, JsonNode> field : FieldShape.fields(value)) {
          FieldSet below = set.below("f:" + field.getKey());
          if (below.isMember()) {
            continue;
          }
          JsonNode inner = field.getValue();
          JsonNode left =
              below.isEmpty()
                  ? inner
                  : remove(inner, below, FieldShape.field(schema, field.getKey()));
          if (!left.isNull() || inner.isNull()) {
            kept.set(field.getKey(), left);
          }
        }
        yield kept.isEmpty() && !value.isEmpty() ? NullNode.getInstance() : kept;
      }
      case ELEMENTS -> {
        ArrayNode kept = Json.array();
        for (JsonNode element : value) {
          String step = schema == null ? null : FieldShape.step(schema, element);
          FieldSet below = step == null ? FieldSet.EMPTY : set.below(step);
          if (!below.isMember()) {
            kept.add(
                below.isEmpty() || schema == null
                    ? element
                    : remove(element, below, schema.items()));
          }
        }
        yield kept.isEmpty() && !value.isEmpty() ? NullNode.getInstance() : kept;
      }
    };
  }

  /** What the right value makes of the left one: it wins wherever it says something. */
  static @Nullable JsonNode merge(
      @Nullable JsonNode left, @Nullable JsonNode right, @Nullable Schema schema) {
    if (left == null || right == null) {
      return right == null ? left : right;
    }
    boolean bothEmpty = isNothing(left) && isNothing(right);
    FieldShape shape = bothEmpty ? FieldShape.WHOLE : FieldShape.of(schema, left, right);
    return switch (shape) {
      case WHOLE -> right;
      case FIELDS -> {
        ObjectNode merged = Json.object();
        for (Map.Entry<String, JsonNode> field : FieldShape.fields(left)) {
          String name = field.getKey();
          JsonNode value = merge(field.getValue(), right.get(name), FieldShape.field(schema, name));
          if (value != null) {
            merged.set(name, value);
          }
        }
        for (Map.Entry<String, JsonNode> field : FieldShape.fields(right)) {
          if (!left.has(field.getKey())) {
            merged.set(field.getKey(), field.getValue());
          }
        }
        yield merged;
      }
      case ELEMENTS -> schema == null ? right : mergeElements(left, right, schema);
    };
  }

  private static boolean isNothing(JsonNode value) {
    return value.isNull() || (value.isContainerNode() && value.isEmpty());
  }

  /**
   * The elements of both: those of the right in its order, those that only the left has where they
   * stood among the shared ones.
   */
  private static ArrayNode mergeElements(JsonNode left, JsonNode right, Schema list) {
    Map<String, JsonNode> leftBySteps = FieldShape.elements(list, left);
    Map<String, JsonNode> rightBySteps = FieldShape.elements(list, right);
    List<String> lefts = new ArrayList<>(leftBySteps.keySet());
    List<String> rights = new ArrayList<>(rightBySteps.keySet());
    List<String> shared = new ArrayList<>(rights);
    shared.retainAll(leftBySteps.keySet());
    Set<String> order = new LinkedHashSet<>();
    int l = 0;
    int r = 0;
    int nextShared = 0;
    while (l < lefts.size() || r < rights.size()) {
      if (l < lefts.size() && r < rights.size()) {
        String step = lefts.get(l);
        if (step.equals(rights.get(r))) {
          order.add(step);
          l++;
          r++;
          nextShared++;
          continue;
        }
        if (rightBySteps.containsKey(step)
            && nextShared < shared.size()
            && !shared.get(nextShared).equals(step)) {
          l++;
          continue;
        }
      }
      if (l < lefts.size()) {
        String step = lefts.get(l);
        if (!rightBySteps.containsKey(step)) {
          order.add(step);
          l++;
          continue;
        } else if (order.contains(step)) {
          l++;
        }
      }
      if (r < rights.size()) {
        String step = rights.get(r++);
        order.add(step);
        if (nextShared < shared.size() && shared.get(nextShared).equals(step)) {
          nextShared++;
        }
      }
    }
    ArrayNode merged = Json.array();
    for (String step : order) {
      JsonNode element = merge(leftBySteps.get(step), rightBySteps.get(step), list.items());
      if (element instanceof ArrayNode twins) {
        merged.addAll(twins);
      } else if (element != null) {
        merged.add(element);
      }
    }
    return merged;
  }
}
