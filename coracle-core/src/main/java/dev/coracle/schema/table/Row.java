package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** One object on its way to cells: what the cell functions ask of it. */
record Row(KubeObject object, ObjectNode tree, Instant now, ArrayNode cells) {

  static final String NONE = "<none>";
  static final String UNSET = "<unset>";

  static Row of(KubeObject object, Instant now) {
    return new Row(object, object.tree(), now, Json.array());
  }

  static Row of(KubeObject object, Fields wanted, Instant now) {
    return new Row(object, PartialReader.read(object, wanted), now, Json.array());
  }

  JsonNode at(String... path) {
    JsonNode node = tree;
    for (String step : path) {
      node = node.path(step);
    }
    return node;
  }

  String text(String... path) {
    return at(path).asText("");
  }

  long number(String... path) {
    return at(path).asLong(0);
  }

  Row add(String cell) {
    cells.add(cell);
    return this;
  }

  Row add(long cell) {
    cells.add(cell);
    return this;
  }

  Row add(boolean cell) {
    cells.add(cell);
    return this;
  }

  Row name() {
    return add(object.name());
  }

  Row age() {
    return add(Ages.since(object.creationTimestamp(), now));
  }

  Row created() {
    return add(object.creationTimestamp());
  }

  String since(String timestamp) {
    return Ages.since(timestamp, now);
  }

  static String or(String value, String otherwise) {
    return value.isEmpty() ? otherwise : value;
  }

  /** Names and images of a template's containers. */
  Row containers(JsonNode podSpec) {
    List<String> names = new ArrayList<>();
    List<String> images = new ArrayList<>();
    for (JsonNode container : podSpec.path("containers")) {
      names.add(container.path("name").asText(""));
      images.add(container.path("image").asText(""));
    }
    return add(String.join(",", names)).add(String.join(",", images));
  }

  /** A label selector as a query, {@code <none>} when it selects everything or is absent. */
  static String selector(JsonNode selector) {
    try {
      return or(LabelSelector.of(selector).toString(), NONE);
    } catch (IllegalArgumentException e) {
      return "<error>";
    }
  }

  /** A map of labels, {@code a=b,c=d}, {@code <none>} when it is empty. */
  static String labels(JsonNode labels) {
    TreeMap<String, String> sorted = new TreeMap<>();
    labels
        .properties()
        .forEach(
            entry ->
                sorted.put(entry.getKey(), entry.getKey() + "=" + entry.getValue().asText("")));
    return or(String.join(",", sorted.values()), NONE);
  }

  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText("")));
    return texts;
  }

  /** The first three, and how many more there are. */
  static String three(List<String> items, String none) {
    if (items.isEmpty()) {
      return none;
    }
    String shown = String.join(",", items.subList(0, Math.min(3, items.size())));
    return items.size() > 3 ? shown + " + " + (items.size() - 3) + " more..." : shown;
  }
}
