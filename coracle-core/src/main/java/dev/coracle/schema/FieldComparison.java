package dev.coracle.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What differs between two states of an object. */
record FieldComparison(FieldSet added, FieldSet modified, FieldSet removed) {

  static FieldComparison of(JsonNode before, JsonNode now, Schema schema) {
    FieldSet.Builder added = new FieldSet.Builder();
    FieldSet.Builder modified = new FieldSet.Builder();
    FieldSet.Builder removed = new FieldSet.Builder();
    compare(before, now, schema, new Sets(added, modified, removed));
    return new FieldComparison(added.build(), modified.build(), removed.build());
  }

  /** What is now and was not so before. */
  FieldSet changed() {
    return added.union(modified);
  }

  FieldComparison without(FieldSet ignored) {
    return new FieldComparison(
        added.withoutAll(ignored), modified.withoutAll(ignored), removed.withoutAll(ignored));
  }

  /** The three sets at one place. */
  private record Sets(FieldSet.Builder added, FieldSet.Builder modified, FieldSet.Builder removed) {
    Sets child(String step) {
      return new Sets(added.child(step), modified.child(step), removed.child(step));
    }
  }

  private static boolean isNothing(@Nullable JsonNode value) {
    return value == null || value.isNull() || (value.isContainerNode() && value.isEmpty());
  }

  private static void compare(
      @Nullable JsonNode before, @Nullable JsonNode now, @Nullable Schema schema, Sets sets) {
    boolean nothing = isNothing(before) && isNothing(now);
    switch (nothing ? FieldShape.WHOLE : FieldShape.of(schema, before, now)) {
      case WHOLE -> {}
      case FIELDS -> {
        Set<String> names = new LinkedHashSet<>();
        FieldShape.fields(before).forEach(field -> names.add(field.getKey()));
        FieldShape.fields(now).forEach(field -> names.add(field.getKey()));
        for (String name : names) {
          compare(
              before == null ? null : before.get(name),
              now == null ? null : now.get(name),
              FieldShape.field(schema, name),
              sets.child("f:" + name));
        }
        presence(before, now, sets);
        return;
      }
      case ELEMENTS -> {
        if (schema != null) {
          Map<String, JsonNode> befores = FieldShape.elements(schema, before);
          Map<String, JsonNode> nows = FieldShape.elements(schema, now);
          Set<String> steps = new LinkedHashSet<>(befores.keySet());
          steps.addAll(nows.keySet());
          for (String step : steps) {
            compare(befores.get(step), nows.get(step), schema.items(), sets.child(step));
          }
        }
        presence(before, now, sets);
        return;
      }
    }
    if (before != null && now != null) {
      sets.modified().member |= !before.equals(now);
    } else {
      presence(before, now, sets);
    }
  }

  private static void presence(@Nullable JsonNode before, @Nullable JsonNode now, Sets sets) {
    sets.added().member |= before == null && now != null;
    sets.removed().member |= before != null && now == null;
  }
}
