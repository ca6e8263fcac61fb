package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** How nodes are chosen: selector terms, taints and tolerations. */
public final class NodeTerms {

  private NodeTerms() {}

  /** A {@code NodeSelector}; one without terms matches nothing. */
  public static boolean matchAny(JsonNode terms, Map<String, String> labels, String name) {
    for (JsonNode term : terms) {
      if (matches(term, labels, name)) {
        return true;
      }
    }
    return false;
  }

  /** A term without requirements matches nothing. */
  public static boolean matches(JsonNode term, Map<String, String> labels, String name) {
    JsonNode expressions = term.path("matchExpressions");
    JsonNode fields = term.path("matchFields");
    if (expressions.isEmpty() && fields.isEmpty()) {
      return false;
    }
    for (JsonNode requirement : expressions) {
      if (!matches(requirement, labels)) {
        return false;
      }
    }
    for (JsonNode requirement : fields) {
      if (!matches(requirement, Map.of("metadata.name", name))) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(JsonNode requirement, Map<String, String> labels) {
    String value = labels.get(requirement.path("key").asText());
    JsonNode values = requirement.path("values");
    return switch (requirement.path("operator").asText()) {
      case "In" -> value != null && contains(values, value);
      case "NotIn" -> value == null || !contains(values, value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      case "Gt" -> value != null && compare(value, values) > 0;
      case "Lt" -> value != null && compare(value, values) < 0;
      default -> false;
    };
  }

  private static boolean contains(JsonNode values, String value) {
    for (JsonNode one : values) {
      if (one.asText().equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static int compare(String value, JsonNode values) {
    try {
      return Long.compare(Long.parseLong(value), Long.parseLong(values.path(0).asText()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Whether a toleration bears a taint. */
  public static boolean tolerates(JsonNode toleration, JsonNode taint) {
    String effect = toleration.path("effect").asText("");
    if (!effect.isEmpty() && !effect.equals(taint.path("effect").asText())) {
      return false;
    }
    String key = toleration.path("key").asText("");
    if (!key.isEmpty() && !key.equals(taint.path("key").asText())) {
      return false;
    }
    return switch (toleration.path("operator").asText("Equal")) {
      case "Exists" -> true;
      case "Equal", "" ->
          toleration.path("value").asText("").equals(taint.path("value").asText(""));
      default -> false;
    };
  }

  /** Whether one of the tolerations bears a taint. */
  public static boolean tolerated(JsonNode tolerations, JsonNode taint) {
    for (JsonNode toleration : tolerations) {
      if (tolerates(toleration, taint)) {
        return true;
      }
    }
    return false;
  }
}
