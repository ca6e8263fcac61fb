package dev.coracle.auth.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.auth.AuthorizationAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A rule of a Role or ClusterRole ({@code rbac.authorization.k8s.io/v1 PolicyRule}). */
public record PolicyRule(
    List<String> verbs,
    List<String> apiGroups,
    List<String> resources,
    List<String> resourceNames,
    List<String> nonResourceUrls) {

  /** The {@code rules} of a role. */
  public static List<PolicyRule> read(JsonNode rules) {
    List<PolicyRule> result = new ArrayList<>(rules.size());
    for (JsonNode rule : rules) {
      result.add(
          new PolicyRule(
              strings(rule.path("verbs")),
              strings(rule.path("apiGroups")),
              strings(rule.path("resources")),
              strings(rule.path("resourceNames")),
              strings(rule.path("nonResourceURLs"))));
    }
    return List.copyOf(result);
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>(array.size());
    array.forEach(item -> strings.add(item.asText()));
    return List.copyOf(strings);
  }

  /** Whether this rule alone allows a request. */
  public boolean allows(AuthorizationAttributes attributes) {
    if (!matches(verbs, attributes.verb())) {
      return false;
    }
    return attributes.isResourceRequest()
        ? allowsResource(attributes)
        : allowsPath(attributes.path());
  }

  private boolean allowsResource(AuthorizationAttributes attributes) {
    return matches(apiGroups, attributes.apiGroup())
        && matchesResource(attributes)
        && (resourceNames.isEmpty() || resourceNames.contains(attributes.name()));
  }

  /**
   * A star is every resource and subresource; a star, a slash and a name are that subresource of
   * all.
   */
  private boolean matchesResource(AuthorizationAttributes attributes) {
    String combined = attributes.combinedResource();
    for (String resource : resources) {
      if (resource.equals("*") || resource.equals(combined)) {
        return true;
      }
      if (!attributes.subresource().isEmpty()
          && resource.startsWith("*/")
          && resource.substring(2).equals(attributes.subresource())) {
        return true;
      }
    }
    return false;
  }

  /**
   * What keeps this rule from allowing a request, when it is one thing alone: the verb, the group,
   * the subresource or the name. Else empty.
   */
  String onlyMiss(AuthorizationAttributes attributes) {
    boolean verb = matches(verbs, attributes.verb());
    if (!attributes.isResourceRequest()) {
      return !verb && allowsPath(attributes.path()) ? missing("verb", attributes.verb()) : "";
    }
    boolean group = matches(apiGroups, attributes.apiGroup());
    boolean resource = matchesResource(attributes);
    boolean name = resourceNames.isEmpty() || resourceNames.contains(attributes.name());
    int missed = (verb ? 0 : 1) + (group ? 0 : 1) + (resource ? 0 : 1) + (name ? 0 : 1);
    if (missed != 1) {
      return "";
    }
    if (!verb) {
      return missing("verb", attributes.verb());
    }
    if (!group) {
      return missing("API group", attributes.apiGroup());
    }
    if (!name) {
      return attributes.name().isEmpty()
          ? "holds for the objects it names alone"
          : missing("name", attributes.name());
    }
    return sameResource(attributes.resource())
        ? missing("resource", attributes.combinedResource())
        : "";
  }

  private static String missing(String what, String value) {
    return "has not the " + what + " \"" + value + '"';
  }

  private boolean sameResource(String plural) {
    return resources.stream().anyMatch(one -> one.equals(plural) || one.startsWith(plural + "/"));
  }

  private boolean allowsPath(String path) {
    for (String url : nonResourceUrls) {
      if (url.equals("*")
          || url.equals(path)
          || (url.endsWith("*") && path.startsWith(url.substring(0, url.length() - 1)))) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(List<String> allowed, String asked) {
    for (String one : allowed) {
      if (one.equals("*") || one.equals(asked)) {
        return true;
      }
    }
    return false;
  }

  /** The same right in pieces: one group, resource, verb and name, or one URL and verb, each. */
  public List<PolicyRule> pieces() {
    List<PolicyRule> pieces = new ArrayList<>();
    List<List<String>> names =
        resourceNames.isEmpty()
            ? List.of(List.of())
            : resourceNames.stream().map(List::of).toList();
    for (String verb : verbs) {
      for (String group : apiGroups) {
        for (String resource : resources) {
          for (List<String> name : names) {
            pieces.add(
                new PolicyRule(List.of(verb), List.of(group), List.of(resource), name, List.of()));
          }
        }
      }
      for (String url : nonResourceUrls) {
        pieces.add(new PolicyRule(List.of(verb), List.of(), List.of(), List.of(), List.of(url)));
      }
    }
    return pieces;
  }

  /** As a role has it. */
  ObjectNode json() {
    ObjectNode rule = Json.object();
    put(rule, "verbs", verbs);
    put(rule, "apiGroups", apiGroups);
    put(rule, "resources", resources);
    put(rule, "resourceNames", resourceNames);
    put(rule, "nonResourceURLs", nonResourceUrls);
    return rule;
  }

  private static void put(ObjectNode rule, String field, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode array = rule.putArray(field);
      values.forEach(array::add);
    }
  }

  /** Whether this rule alone gives all that a piece does. */
  boolean covers(PolicyRule piece) {
    if (!matches(verbs, piece.verbs.getFirst())) {
      return false;
    }
    if (!piece.nonResourceUrls.isEmpty()) {
      return allowsPath(piece.nonResourceUrls.getFirst());
    }
    return matches(apiGroups, piece.apiGroups.getFirst())
        && coversResource(piece.resources.getFirst())
        && (resourceNames.isEmpty()
            || (!piece.resourceNames.isEmpty()
                && resourceNames.contains(piece.resourceNames.getFirst())));
  }

  private boolean coversResource(String asked) {
    int slash = asked.indexOf('/');
    for (String resource : resources) {
      if (resource.equals("*")
          || resource.equals(asked)
          || (slash >= 0
              && resource.startsWith("*/")
              && resource.substring(1).equals(asked.substring(slash)))) {
        return true;
      }
    }
    return false;
  }

  /** As Kubernetes names a missing right: {@code {APIGroups:[""], Resources:["pods"], ...}}. */
  String describe() {
    List<String> parts = new ArrayList<>();
    describe(parts, "APIGroups", apiGroups);
    describe(parts, "Resources", resources);
    describe(parts, "NonResourceURLs", nonResourceUrls);
    describe(parts, "ResourceNames", resourceNames);
    describe(parts, "Verbs", verbs);
    return "{" + String.join(", ", parts) + "}";
  }

  private static void describe(List<String> parts, String field, List<String> values) {
    if (!values.isEmpty()) {
      parts.add(field + ":" + quoted(values));
    }
  }

  /** As Go prints a list of quoted strings. */
  static String quoted(List<String> values) {
    return values.stream().map(v -> '"' + v + '"').collect(Collectors.joining(" ", "[", "]"));
  }
}
