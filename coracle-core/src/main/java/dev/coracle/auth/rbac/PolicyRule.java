package dev.coracle.auth.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.auth.AuthorizationAttributes;
import java.util.ArrayList;
import java.util.List;

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
}
