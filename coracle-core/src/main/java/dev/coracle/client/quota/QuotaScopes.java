package dev.coracle.client.quota;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Which objects a quota with scopes is about; only Pods have scopes. */
public final class QuotaScopes {

  private QuotaScopes() {}

  /**
   * @param quotaSpec of the ResourceQuota
   * @param resource qualified, such as {@code pods}
   */
  public static boolean matches(JsonNode quotaSpec, String resource, JsonNode object) {
    JsonNode expressions = quotaSpec.path("scopeSelector").path("matchExpressions");
    if (quotaSpec.path("scopes").isEmpty() && expressions.isEmpty()) {
      return true;
    }
    if (!resource.equals("pods")) {
      return false;
    }
    for (JsonNode scope : quotaSpec.path("scopes")) {
      if (!matches(scope.asText(), "Exists", List.of(), object.path("spec"))) {
        return false;
      }
    }
    for (JsonNode expression : expressions) {
      List<String> values = new ArrayList<>();
      expression.path("values").forEach(value -> values.add(value.asText()));
      if (!matches(
          expression.path("scopeName").asText(),
          expression.path("operator").asText(),
          values,
          object.path("spec"))) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(
      String scope, String operator, List<String> values, JsonNode podSpec) {
    return switch (scope) {
      case "Terminating" -> podSpec.path("activeDeadlineSeconds").isNumber();
      case "NotTerminating" -> !podSpec.path("activeDeadlineSeconds").isNumber();
      case "BestEffort" -> isBestEffort(podSpec);
      case "NotBestEffort" -> !isBestEffort(podSpec);
      case "CrossNamespacePodAffinity" -> crossesNamespaces(podSpec.path("affinity"));
      case "PriorityClass" -> {
        String name = podSpec.path("priorityClassName").asText("");
        yield switch (operator) {
          case "In" -> values.contains(name);
          case "NotIn" -> !values.contains(name);
          case "Exists" -> !name.isEmpty();
          case "DoesNotExist" -> name.isEmpty();
          default -> false;
        };
      }
      default -> false;
    };
  }

  private static boolean isBestEffort(JsonNode podSpec) {
    List<JsonNode> holders = new ArrayList<>();
    holders.add(podSpec);
    podSpec.path("containers").forEach(holders::add);
    podSpec.path("initContainers").forEach(holders::add);
    for (JsonNode holder : holders) {
      for (String side : new String[] {"requests", "limits"}) {
        JsonNode list = holder.path("resources").path(side);
        if (list.has("cpu") || list.has("memory")) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean crossesNamespaces(JsonNode affinity) {
    for (String kind : new String[] {"podAffinity", "podAntiAffinity"}) {
      JsonNode terms = affinity.path(kind);
      for (JsonNode term : terms.path("requiredDuringSchedulingIgnoredDuringExecution")) {
        if (crosses(term)) {
          return true;
        }
      }
      for (JsonNode weighted : terms.path("preferredDuringSchedulingIgnoredDuringExecution")) {
        if (crosses(weighted.path("podAffinityTerm"))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean crosses(JsonNode term) {
    return !term.path("namespaces").isEmpty() || term.path("namespaceSelector").isObject();
  }
}
