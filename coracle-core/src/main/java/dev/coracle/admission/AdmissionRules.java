package dev.coracle.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.client.Client;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a policy or webhook is about a write: its rules, and its selectors of namespaces and
 * objects ({@code admissionregistration.k8s.io/v1 MatchResources}).
 */
final class AdmissionRules {

  private AdmissionRules() {}

  /** A {@code MatchResources}: no rules match everything. */
  static boolean matches(JsonNode match, AdmissionAttributes attributes, Client client) {
    boolean equivalent = !match.path("matchPolicy").asText("Equivalent").equals("Exact");
    JsonNode rules = match.path("resourceRules");
    return !anyRule(match.path("excludeResourceRules"), attributes, equivalent)
        && (rules.isEmpty() || anyRule(rules, attributes, equivalent))
        && namespaceMatches(match.path("namespaceSelector"), attributes, client)
        && objectMatches(match.path("objectSelector"), attributes);
  }

  /**
   * @param equivalent whether another version of a resource is the same resource
   */
  static boolean anyRule(JsonNode rules, AdmissionAttributes attributes, boolean equivalent) {
    for (JsonNode rule : rules) {
      if (matchesRule(rule, attributes, equivalent)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matchesRule(
      JsonNode rule, AdmissionAttributes attributes, boolean equivalent) {
    JsonNode names = rule.path("resourceNames");
    return has(rule.path("operations"), attributes.operation().name())
        && has(rule.path("apiGroups"), attributes.resource().group())
        && (equivalent || has(rule.path("apiVersions"), attributes.resource().version()))
        && resourceMatches(rule.path("resources"), attributes)
        && scopeMatches(rule.path("scope").asText("*"), attributes)
        && (names.isEmpty() || has(names, attributes.name()));
  }

  private static boolean has(JsonNode values, String wanted) {
    for (JsonNode value : values) {
      if (value.asText().equals("*") || value.asText().equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@code *} is every resource, {@code *}{@code /*} with subresources, {@code pods/*} those of
   * one.
   */
  private static boolean resourceMatches(JsonNode resources, AdmissionAttributes attributes) {
    for (JsonNode value : resources) {
      String[] parts = value.asText().split("/", 2);
      String subresource = parts.length == 2 ? parts[1] : "";
      boolean resource = parts[0].equals("*") || parts[0].equals(attributes.resource().resource());
      if (resource && (subresource.equals("*") || subresource.equals(attributes.subresource()))) {
        return true;
      }
    }
    return false;
  }

  private static boolean scopeMatches(String scope, AdmissionAttributes attributes) {
    boolean namespaced = !attributes.namespace().isEmpty() && !isNamespace(attributes);
    return switch (scope) {
      case "Namespaced" -> namespaced;
      case "Cluster" -> !namespaced;
      default -> true;
    };
  }

  private static boolean isNamespace(AdmissionAttributes attributes) {
    return attributes.resource().group().isEmpty()
        && attributes.resource().resource().equals("namespaces");
  }

  /** A write of a Namespace is judged by its own labels. */
  static boolean namespaceMatches(
      JsonNode selector, AdmissionAttributes attributes, Client client) {
    if (selector.isEmpty()) {
      return true;
    }
    if (isNamespace(attributes)) {
      return objectMatches(selector, attributes);
    }
    if (attributes.namespace().isEmpty()) {
      return true;
    }
    KubeObject namespace = namespace(attributes, client);
    return namespace != null && LabelSelector.of(selector).matches(namespace.labels());
  }

  /** The namespace of the write; null for cluster-scoped objects. */
  static @Nullable KubeObject namespace(AdmissionAttributes attributes, Client client) {
    return attributes.namespace().isEmpty() || isNamespace(attributes)
        ? null
        : client.find(GroupVersionResource.core("namespaces"), "", attributes.namespace());
  }

  static boolean objectMatches(JsonNode selector, AdmissionAttributes attributes) {
    if (selector.isEmpty()) {
      return true;
    }
    LabelSelector wanted = LabelSelector.of(selector);
    KubeObject old = attributes.oldObject();
    JsonNode object = attributes.object();
    return (object != null && wanted.matches(labels(object)))
        || (old != null && wanted.matches(old.labels()));
  }

  private static Map<String, String> labels(JsonNode object) {
    Map<String, String> labels = new HashMap<>();
    object
        .path("metadata")
        .path("labels")
        .properties()
        .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asText()));
    return labels;
  }
}
