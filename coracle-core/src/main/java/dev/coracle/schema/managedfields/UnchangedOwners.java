package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The writes that repeat themselves: a Lease renewed, a status brought up to date, a counter. Their
 * manager owns all that they change, nobody else owns any of it, and nothing is removed; so {@code
 * managedFields} stay as they are stored, but for the time of the manager, and no sets are made of
 * them.
 */
final class UnchangedOwners {

  private static final Comparator<JsonNode> ORDER =
      Comparator.comparing((JsonNode entry) -> entry.path("operation").asText())
          .thenComparing(entry -> entry.path("time").asText())
          .thenComparing(entry -> entry.path("manager").asText())
          .thenComparing(entry -> entry.path("apiVersion").asText())
          .thenComparing(entry -> entry.path("subresource").asText());

  private UnchangedOwners() {}

  /**
   * Does what {@link ManagedFields#update} does, if it can be done so.
   *
   * @param live the stored object, whose managedFields are as {@link ManagedEntries} writes them
   * @param now shares them afterwards
   */
  static boolean keep(ObjectNode live, ObjectNode now, FieldManager manager) {
    JsonNode sent = now.path("metadata").path("managedFields");
    if (!(live.path("metadata").get("managedFields") instanceof ArrayNode stored)
        || !(now.get("metadata") instanceof ObjectNode metadata)
        || manager.versions() != FieldManager.Versions.ALIKE) {
      return false;
    }
    boolean kept = sent.isMissingNode() || sent == stored || sent.equals(stored);
    if (!kept || stored.isEmpty()) {
      return false;
    }
    FieldComparison comparison =
        FieldComparison.of(
                ManagedFields.withoutManagedFields(live),
                ManagedFields.withoutManagedFields(now),
                manager.schema())
            .without(manager.ignored());
    if (!comparison.removed().isEmpty()) {
      return false;
    }
    FieldSet changed = comparison.changed();
    if (changed.isEmpty()) {
      metadata.set("managedFields", stored);
      return true;
    }
    FieldSet mine = changed.difference(ManagedFields.UNOWNED);
    int self = -1;
    for (int i = 0; i < stored.size(); i++) {
      JsonNode entry = stored.get(i);
      if (isOf(entry, manager)) {
        self = i;
        if (!mine.isWithin(entry.path("fieldsV1"))) {
          return false;
        }
      } else if (!changed.isApartFrom(entry.path("fieldsV1"))) {
        return false;
      }
    }
    if (mine.isEmpty() || self < 0 || !(stored.get(self) instanceof ObjectNode own)) {
      return false;
    }
    metadata.set("managedFields", at(stored, self, own, Timestamps.seconds(manager.time())));
    return true;
  }

  private static boolean isOf(JsonNode entry, FieldManager manager) {
    return entry.path("manager").asText().equals(manager.name())
        && entry.path("operation").asText().equals(ManagedEntries.UPDATE)
        && entry.path("apiVersion").asText().equals(manager.apiVersion())
        && entry.path("subresource").asText().equals(manager.subresource());
  }

  /** The same entries, one of them with another time, in their order. */
  private static ArrayNode at(ArrayNode stored, int self, ObjectNode own, String time) {
    if (own.path("time").asText().equals(time)) {
      return stored;
    }
    ObjectNode entry = Json.object();
    for (String field : new String[] {"manager", "operation", "apiVersion"}) {
      entry.set(field, own.get(field));
    }
    entry.put("time", time);
    own.properties().forEach(field -> entry.putIfAbsent(field.getKey(), field.getValue()));
    List<JsonNode> entries = new ArrayList<>(stored.size());
    stored.forEach(entries::add);
    entries.set(self, entry);
    entries.sort(ORDER);
    return Json.array().addAll(entries);
  }
}
