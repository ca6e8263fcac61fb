package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** Events, in both API groups. */
final class EventCells {

  private EventCells() {}

  static void core(Row row) {
    add(
        row,
        new String[] {"firstTimestamp", "lastTimestamp", "count", "source", "message"},
        row.at("involvedObject"),
        "reportingComponent");
  }

  static void newer(Row row) {
    add(
        row,
        new String[] {
          "deprecatedFirstTimestamp",
          "deprecatedLastTimestamp",
          "deprecatedCount",
          "deprecatedSource",
          "note"
        },
        row.at("regarding"),
        "reportingController");
  }

  private static void add(Row row, String[] fields, JsonNode object, String controller) {
    String eventTime = row.text("eventTime");
    String first = Row.or(row.text(fields[0]), eventTime);
    String last = Row.or(row.text(fields[1]), eventTime);
    long count = row.number(fields[2]);
    JsonNode series = row.at("series");
    if (series.isObject()) {
      last = series.path("lastObservedTime").asText("");
      count = series.path("count").asLong(0);
    } else if (count == 0) {
      count = 1;
    }
    String kind = object.path("kind").asText("").toLowerCase(Locale.ROOT);
    String name = object.path("name").asText("");
    row.add(row.since(last))
        .add(row.text("type"))
        .add(row.text("reason"))
        .add(name.isEmpty() ? kind : kind + "/" + name)
        .add(object.path("fieldPath").asText(""))
        .add(source(row, fields[3], controller))
        .add(row.text(fields[4]).strip())
        .add(row.since(first))
        .add(count)
        .name();
  }

  private static String source(Row row, String field, String controller) {
    String component = Row.or(row.text(field, "component"), row.text(controller));
    String host = Row.or(row.text(field, "host"), row.text("reportingInstance"));
    return host.isEmpty() ? component : component + ", " + host;
  }
}
