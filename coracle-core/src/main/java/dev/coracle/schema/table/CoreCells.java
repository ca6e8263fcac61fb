package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/** The small kinds of the core group. */
final class CoreCells {

  private CoreCells() {}

  static void add(String kind, Row row) {
    row.name();
    switch (kind) {
      case "Namespace" -> row.add(row.text("status", "phase")).age();
      case "Secret" -> row.add(row.text("type")).add(row.at("data").size()).age();
      case "ConfigMap" -> row.add(row.at("data").size() + row.at("binaryData").size()).age();
      case "ServiceAccount" -> row.age();
      case "ResourceQuota" -> row.add(quota(row, false)).add(quota(row, true)).age();
      case "ComponentStatus" -> {
        JsonNode condition = row.at("conditions").path(0);
        boolean healthy = condition.path("status").asText("").equals("True");
        row.add(healthy ? "Healthy" : "Unhealthy")
            .add(condition.path("message").asText(""))
            .add(condition.path("error").asText(""));
      }
      default -> row.created();
    }
  }

  private static String quota(Row row, boolean limits) {
    TreeMap<String, String> shown = new TreeMap<>();
    JsonNode used = row.at("status", "used");
    for (Map.Entry<String, JsonNode> hard : row.at("status", "hard").properties()) {
      String name = hard.getKey();
      if (name.startsWith("limits.") == limits) {
        shown.put(name, name + ": " + used.path(name).asText("0") + "/" + hard.getValue().asText());
      }
    }
    return String.join(", ", shown.values());
  }
}
