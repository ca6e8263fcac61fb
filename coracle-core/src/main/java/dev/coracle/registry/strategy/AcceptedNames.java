package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.registry.Meta;
import dev.coracle.registry.strategy.CustomResourceDefinitionStrategy.Taken;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of the names that a CRD asks for it gets: each that no other CRD of its group has, and of
 * the others those that it had before.
 *
 * @param json for {@code status.acceptedNames}
 * @param conflict the reason for the condition, such as {@code KindConflict}; empty when it got all
 * @param message names what is taken
 */
record AcceptedNames(ObjectNode json, String conflict, String message) {

  private static final String[] ORDER = {
    "plural", "singular", "shortNames", "kind", "listKind", "categories"
  };

  static AcceptedNames of(JsonNode wanted, JsonNode before, Taken taken) {
    ObjectNode json = Json.object();
    json.put("plural", Meta.text(before, "plural")).put("kind", Meta.text(before, "kind"));
    for (String kept : new String[] {"singular", "listKind"}) {
      if (before.has(kept)) {
        json.set(kept, before.get(kept));
      }
    }
    if (before.has("shortNames")) {
      json.set("shortNames", before.get("shortNames"));
    }
    String conflict = "";
    String message = "";
    for (String field : new String[] {"plural", "singular", "shortNames", "kind", "listKind"}) {
      boolean kind = field.equals("kind") || field.equals("listKind");
      List<String> problems = new ArrayList<>();
      for (String name : names(wanted, field)) {
        boolean mine = names(before, field).contains(name);
        if (!mine && (kind ? taken.kinds() : taken.resources()).contains(name)) {
          problems.add('"' + name + "\" is already in use");
        }
      }
      if (!problems.isEmpty()) {
        conflict = Character.toUpperCase(field.charAt(0)) + field.substring(1) + "Conflict";
        message = problems.size() == 1 ? problems.getFirst() : problems.toString();
      } else if (wanted.has(field)) {
        json.set(field, wanted.get(field).deepCopy());
      } else {
        json.remove(field);
      }
    }
    if (wanted.has("categories")) {
      json.set("categories", wanted.get("categories").deepCopy());
    }
    ObjectNode ordered = Json.object();
    for (String field : ORDER) {
      if (json.has(field)) {
        ordered.set(field, json.get(field));
      }
    }
    return new AcceptedNames(ordered, conflict, message);
  }

  private static List<String> names(JsonNode names, String field) {
    JsonNode value = names.path(field);
    if (value.isArray()) {
      return Meta.strings(value);
    }
    return value.asText("").isEmpty() ? List.of() : List.of(value.asText());
  }
}
