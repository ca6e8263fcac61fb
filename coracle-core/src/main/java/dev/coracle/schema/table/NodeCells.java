package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.TreeSet;

/** Nodes. */
final class NodeCells {

  private static final String ROLE_PREFIX = "node-role.kubernetes.io/";

  private NodeCells() {}

  static void add(Row row) {
    row.name()
        .add(status(row))
        .add(roles(row))
        .age()
        .add(row.text("status", "nodeInfo", "kubeletVersion"))
        .add(address(row, "InternalIP"))
        .add(address(row, "ExternalIP"))
        .add(info(row, "osImage"))
        .add(info(row, "kernelVersion"))
        .add(info(row, "containerRuntimeVersion"));
  }

  private static String status(Row row) {
    String status = "Unknown";
    for (JsonNode condition : row.at("status", "conditions")) {
      if (condition.path("type").asText("").equals("Ready")) {
        status = condition.path("status").asText("").equals("True") ? "Ready" : "NotReady";
      }
    }
    return row.at("spec", "unschedulable").asBoolean(false)
        ? status + ",SchedulingDisabled"
        : status;
  }

  private static String roles(Row row) {
    TreeSet<String> roles = new TreeSet<>();
    row.object()
        .labels()
        .forEach(
            (key, value) -> {
              if (key.startsWith(ROLE_PREFIX) && key.length() > ROLE_PREFIX.length()) {
                roles.add(key.substring(ROLE_PREFIX.length()));
              } else if (key.equals("kubernetes.io/role") && !value.isEmpty()) {
                roles.add(value);
              }
            });
    return Row.or(String.join(",", roles), Row.NONE);
  }

  private static String address(Row row, String type) {
    for (JsonNode address : row.at("status", "addresses")) {
      if (address.path("type").asText("").equals(type)) {
        return address.path("address").asText("");
      }
    }
    return Row.NONE;
  }

  private static String info(Row row, String field) {
    return Row.or(row.text("status", "nodeInfo", field), Ages.UNKNOWN);
  }
}
