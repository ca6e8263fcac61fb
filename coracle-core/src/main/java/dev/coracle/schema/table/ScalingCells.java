package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** HorizontalPodAutoscalers and PodDisruptionBudgets. */
final class ScalingCells {

  private ScalingCells() {}

  static void add(String kind, Row row) {
    row.name();
    switch (kind) {
      case "HorizontalPodAutoscaler" -> {
        JsonNode least = row.at("spec", "minReplicas");
        row.add(
                row.text("spec", "scaleTargetRef", "kind")
                    + "/"
                    + row.text("spec", "scaleTargetRef", "name"))
            .add(targets(row))
            .add(least.isNumber() ? least.asText() : Row.UNSET)
            .add(row.number("spec", "maxReplicas"))
            .add(row.number("status", "currentReplicas"))
            .age();
      }
      case "PodDisruptionBudget" ->
          row.add(Row.or(row.text("spec", "minAvailable"), "N/A"))
              .add(Row.or(row.text("spec", "maxUnavailable"), "N/A"))
              .add(row.number("status", "disruptionsAllowed"))
              .age();
      default -> row.created();
    }
  }

  private static String targets(Row row) {
    JsonNode percent = row.at("spec", "targetCPUUtilizationPercentage");
    if (percent.isNumber()) {
      JsonNode current = row.at("status", "currentCPUUtilizationPercentage");
      return "cpu: "
          + (current.isNumber() ? current.asText() + "%" : Ages.UNKNOWN)
          + "/"
          + percent.asText()
          + "%";
    }
    List<String> shown = new ArrayList<>();
    JsonNode metrics = row.at("spec", "metrics");
    for (int i = 0; i < metrics.size() && i < 2; i++) {
      shown.add(target(metrics.get(i), row.at("status", "currentMetrics").path(i)));
    }
    String text = String.join(", ", shown);
    return metrics.size() > 2
        ? text + " + " + (metrics.size() - 2) + " more..."
        : Row.or(text, Row.NONE);
  }

  private static String target(JsonNode metric, JsonNode status) {
    String source =
        switch (metric.path("type").asText("")) {
          case "Resource" -> "resource";
          case "ContainerResource" -> "containerResource";
          case "Pods" -> "pods";
          case "Object" -> "object";
          case "External" -> "external";
          default -> "";
        };
    JsonNode wanted = metric.path(source).path("target");
    JsonNode current = status.path(source).path("current");
    boolean resource = source.endsWith("esource");
    String prefix = resource ? metric.path(source).path("name").asText("") + ": " : "";
    if (wanted.path("averageUtilization").isNumber()) {
      JsonNode now = current.path("averageUtilization");
      return prefix
          + (now.isNumber() ? now.asText() + "%" : Ages.UNKNOWN)
          + "/"
          + wanted.path("averageUtilization").asText()
          + "%";
    }
    boolean average = wanted.hasNonNull("averageValue");
    String field = average ? "averageValue" : "value";
    String suffix = average && !resource && !source.equals("pods") ? " (avg)" : "";
    return prefix
        + Row.or(current.path(field).asText(""), Ages.UNKNOWN)
        + "/"
        + Row.or(wanted.path(field).asText(""), "<auto>")
        + suffix;
  }
}
