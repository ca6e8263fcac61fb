package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Custom resources, by the printer columns of their definition. */
final class CustomCells {

  private CustomCells() {}

  static List<Column> columns(JsonNode printerColumns) {
    List<Column> columns = new ArrayList<>();
    for (JsonNode column : printerColumns) {
      String description = column.path("description").asText("");
      if (description.isEmpty()) {
        description =
            "Custom resource definition column (in JSONPath format): "
                + column.path("jsonPath").asText("");
      }
      columns.add(
          new Column(
              column.path("name").asText(""),
              column.path("type").asText("string"),
              column.path("format").asText(""),
              column.path("priority").asInt(0),
              description));
    }
    if (columns.isEmpty()) {
      columns.add(ColumnTable.age("date"));
    }
    return Tables.withName(columns);
  }

  static ArrayNode row(KubeObject object, JsonNode printerColumns, Instant now) {
    ArrayNode cells = Json.array().add(object.name());
    if (printerColumns.isEmpty()) {
      return cells.add(Ages.since(object.creationTimestamp(), now));
    }
    for (JsonNode column : printerColumns) {
      cells.add(
          cell(
              object,
              column.path("jsonPath").asText(""),
              column.path("type").asText("string"),
              now));
    }
    return cells;
  }

  /** Null where there is nothing to show, or something of another type. */
  private static JsonNode cell(KubeObject object, String path, String type, Instant now) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    List<JsonNode> found;
    try {
      found = JsonPath.compile(path).find(object.tree());
    } catch (IllegalArgumentException e) {
      return nodes.nullNode();
    }
    if (found.isEmpty() || found.getFirst().isNull()) {
      return nodes.nullNode();
    }
    JsonNode value = found.getFirst();
    return switch (type) {
      case "integer" ->
          value.isIntegralNumber()
              ? value
              : value.isNumber() ? nodes.numberNode(value.longValue()) : nodes.nullNode();
      case "number" -> value.isNumber() ? value : nodes.nullNode();
      case "boolean" -> value.isBoolean() ? value : nodes.nullNode();
      case "date" ->
          value.isTextual() ? nodes.textNode(date(value.asText(), now)) : nodes.nullNode();
      default -> nodes.textNode(value.isValueNode() ? value.asText() : value.toString());
    };
  }

  private static String date(String text, Instant now) {
    return Timestamps.parse(text) == null ? "<invalid>" : Ages.since(text, now);
  }
}
