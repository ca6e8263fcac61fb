package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Custom resources, by the printer columns of their definition. */
final class CustomCells implements RowReader {

  /**
   * @param path null when it can't be read: there is nothing to show
   */
  private record Cell(@Nullable JsonPath path, String type) {}

  private final List<Cell> cells = new ArrayList<>();
  private final @Nullable Fields wanted;

  CustomCells(JsonNode printerColumns) {
    List<List<String>> fields = new ArrayList<>();
    boolean everything = false;
    for (JsonNode column : printerColumns) {
      JsonPath path = path(column.path("jsonPath").asText(""));
      cells.add(new Cell(path, column.path("type").asText("string")));
      if (path != null) {
        fields.add(path.field());
        everything |= path.field().isEmpty();
      }
    }
    wanted = everything ? null : Fields.ofPaths(fields);
  }

  private static @Nullable JsonPath path(String text) {
    try {
      return JsonPath.compile(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

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

  @Override
  public Cells read(KubeObject object, Instant now) {
    ArrayNode row = Json.array().add(object.name());
    if (cells.isEmpty()) {
      row.add(Ages.since(object.creationTimestamp(), now));
    } else {
      ObjectNode tree = wanted == null ? object.tree() : PartialReader.read(object, wanted);
      for (Cell cell : cells) {
        row.add(cell(tree, cell.path(), cell.type(), now));
      }
    }
    return new Cells(row, Json.array());
  }

  /** Null where there is nothing to show, or something of another type. */
  private static JsonNode cell(ObjectNode tree, @Nullable JsonPath path, String type, Instant now) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    List<JsonNode> found = path == null ? List.of() : path.find(tree);
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
