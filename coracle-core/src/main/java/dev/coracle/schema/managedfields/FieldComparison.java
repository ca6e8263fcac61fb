package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.schema.Schema;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What differs between two states of an object. */
record FieldComparison(FieldSet added, FieldSet modified, FieldSet removed) {

  static FieldComparison of(JsonNode before, JsonNode now, Schema schema) {
    Place root = new Place(new Sets(), null, "");
    compare(before, now, schema, root);
    return new FieldComparison(
        root.sets().added.build(), root.sets().modified.build(), root.sets().removed.build());
  }

  /** What is now and was not so before. */
  FieldSet changed() {
    return added.union(modified);
  }

  FieldComparison without(FieldSet ignored) {
    return new FieldComparison(
        added.withoutAll(ignored), modified.withoutAll(ignored), removed.withoutAll(ignored));
  }

  private static final class Sets {
    final FieldSet.Builder added = new FieldSet.Builder();
    final FieldSet.Builder modified = new FieldSet.Builder();
    final FieldSet.Builder removed = new FieldSet.Builder();
  }

  /** Where the comparison is; nothing is put into a set before there is a difference. */
  private record Place(Sets sets, @Nullable Place parent, String step) {
    Place child(String name) {
      return new Place(sets, this, name);
    }

    FieldSet.Builder in(FieldSet.Builder root) {
      return parent == null ? root : parent.in(root).child(step);
    }
  }

  private static boolean isNothing(@Nullable JsonNode value) {
    return value == null || value.isNull() || (value.isContainerNode() && value.isEmpty());
  }

  private static void compare(
      @Nullable JsonNode before, @Nullable JsonNode now, @Nullable Schema schema, Place place) {
    boolean nothing = isNothing(before) && isNothing(now);
    switch (nothing ? FieldShape.WHOLE : FieldShape.of(schema, before, now)) {
      case WHOLE -> {}
      case FIELDS -> {
        fields(before, now, schema, place);
        presence(before, now, place);
        return;
      }
      case ELEMENTS -> {
        if (schema != null) {
          Map<String, JsonNode> befores = FieldShape.elements(schema, before);
          Map<String, JsonNode> nows = FieldShape.elements(schema, now);
          Set<String> steps = new LinkedHashSet<>(befores.keySet());
          steps.addAll(nows.keySet());
          for (String step : steps) {
            JsonNode was = befores.get(step);
            JsonNode is = nows.get(step);
            if (!Objects.equals(was, is)) {
              compare(was, is, schema.items(), place.child(step));
            }
          }
        }
        presence(before, now, place);
        return;
      }
    }
    if (before != null && now != null) {
      if (!before.equals(now)) {
        place.in(place.sets().modified).member = true;
      }
    } else {
      presence(before, now, place);
    }
  }

  private static void fields(
      @Nullable JsonNode before, @Nullable JsonNode now, @Nullable Schema schema, Place place) {
    if (before instanceof ObjectNode was) {
      for (Map.Entry<String, JsonNode> field : was.properties()) {
        String name = field.getKey();
        JsonNode value = now == null ? null : now.get(name);
        if (!field.getValue().equals(value)) {
          Schema own = FieldShape.field(schema, name);
          compare(field.getValue(), value, own, place.child("f:" + name));
        }
      }
    }
    if (now instanceof ObjectNode is) {
      for (Map.Entry<String, JsonNode> field : is.properties()) {
        String name = field.getKey();
        if (before == null || !before.has(name)) {
          compare(null, field.getValue(), FieldShape.field(schema, name), place.child("f:" + name));
        }
      }
    }
  }

  /** Null is as good as nothing to whoever reads the object. */
  private static void presence(@Nullable JsonNode before, @Nullable JsonNode now, Place place) {
    if (before == null && now != null && !now.isNull()) {
      place.in(place.sets().added).member = true;
    } else if (before != null && now == null && !before.isNull()) {
      place.in(place.sets().removed).member = true;
    }
  }
}
