package dev.coracle.client.quota;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Which objects a quota with scopes is about: Pods, and claims by their attributes class. */
public final class QuotaScopes {

  private QuotaScopes() {}

  /**
   * @param quotaSpec of the ResourceQuota
   * @param resource qualified, such as {@code pods}
   */
  public static boolean matches(JsonNode quotaSpec, String resource, JsonNode object) {
    JsonNode expressions = quotaSpec.path("scopeSelector").path("matchExpressions");
    for (JsonNode scope : quotaSpec.path("scopes")) {
      if (!matches(scope.asText(), "Exists", List.of(), resource, object)) {
        return false;
      }
    }
    for (JsonNode expression : expressions) {
      if (!matchesScope(expression, resource, object)) {
        return false;
      }
    }
    return true;
  }

  /**
   * @param expression a {@code ScopedResourceSelectorRequirement}
   */
  public static boolean matchesScope(JsonNode expression, String resource, JsonNode object) {
    List<String> values = new ArrayList<>();
    expression.path("values").forEach(value -> values.add(value.asText()));
    return matches(
        expression.path("scopeName").asText(),
        expression.path("operator").asText(),
        values,
        resource,
        object);
  }

  private static boolean matches(
      String scope, String operator, List<String> values, String resource, JsonNode object) {
    boolean ofClaims = scope.equals("VolumeAttributesClass");
    if (ofClaims && resource.equals("persistentvolumeclaims")) {
      List<String> classes = new ArrayList<>();
      classes.add(object.path("spec").path("volumeAttributesClassName").asText(""));
      classes.add(object.path("status").path("currentVolumeAttributesClassName").asText(""));
      classes.add(
          object
              .path("status")
              .path("modifyVolumeStatus")
              .path("targetVolumeAttributesClassName")
              .asText(""));
      classes.removeIf(String::isEmpty);
      return named(operator, values, classes);
    }
    return !ofClaims
        && resource.equals("pods")
        && matches(scope, operator, values, object.path("spec"));
  }

  private static boolean named(String operator, List<String> values, List<String> names) {
    return switch (operator) {
      case "In" -> names.stream().anyMatch(values::contains);
      case "NotIn" -> names.stream().noneMatch(values::contains);
      case "Exists" -> !names.isEmpty();
      case "DoesNotExist" -> names.isEmpty();
      default -> false;
    };
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
        yield named(operator, values, name.isEmpty() ? List.of() : List.of(name));
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
