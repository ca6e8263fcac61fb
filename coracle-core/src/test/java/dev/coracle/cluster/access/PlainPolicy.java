package dev.coracle.cluster.access;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.UserInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * RBAC once more, as "Using RBAC Authorization" and the API reference tell it: sentence by
 * sentence, over the objects as they are stored, sharing nothing with what the product decides
 * with. Roles that aggregate are put together here too, whatever their stored rules say.
 */
final class PlainPolicy {

  /** What is asked; the resource with its subresource, or a path and an empty resource. */
  record Request(
      String verb, String group, String resource, String namespace, String name, String path) {}

  private record Rule(
      Set<String> verbs,
      Set<String> groups,
      Set<String> resources,
      Set<String> names,
      Set<String> urls) {}

  private final Map<String, KubeObject> clusterRoles = new HashMap<>();
  private final Map<String, KubeObject> roles = new HashMap<>();
  private final List<KubeObject> bindings;
  private final Map<KubeObject, List<Rule>> read = new HashMap<>();

  PlainPolicy(List<KubeObject> clusterRoles, List<KubeObject> roles, List<KubeObject> bindings) {
    clusterRoles.forEach(role -> this.clusterRoles.put(role.name(), role));
    roles.forEach(role -> this.roles.put(role.namespace() + "/" + role.name(), role));
    this.bindings = bindings;
  }

  /** The rules of whatever binds this user in a namespace, the empty one for cluster-wide. */
  private List<Rule> rulesOf(UserInfo user, String namespace) {
    List<Rule> all = new ArrayList<>();
    for (KubeObject binding : bindings) {
      boolean clusterWide = binding.namespace().isEmpty();
      if ((clusterWide || binding.namespace().equals(namespace)) && names(binding, user)) {
        String role = binding.text("roleRef", "name");
        all.addAll(
            binding.text("roleRef", "kind").equals("ClusterRole")
                ? rules(clusterRoles.get(role), new HashSet<>())
                : rules(roles.get(binding.namespace() + "/" + role), new HashSet<>()));
      }
    }
    return all;
  }

  private static boolean names(KubeObject binding, UserInfo user) {
    for (JsonNode subject : binding.tree().path("subjects")) {
      String name = subject.path("name").asText();
      boolean found =
          switch (subject.path("kind").asText()) {
            case "User" -> user.name().equals(name);
            case "Group" -> user.groups().contains(name);
            default ->
                user.name()
                    .equals(
                        "system:serviceaccount:" + subject.path("namespace").asText() + ":" + name);
          };
      if (found) {
        return true;
      }
    }
    return false;
  }

  private List<Rule> rules(KubeObject role, Set<String> seen) {
    if (role == null || !seen.add(role.name())) {
      return List.of();
    }
    JsonNode aggregation = role.at("aggregationRule");
    if (!aggregation.isObject()) {
      return read.computeIfAbsent(role, one -> read(one.at("rules")));
    }
    List<Rule> all = new ArrayList<>();
    for (KubeObject other : clusterRoles.values()) {
      for (JsonNode selector : aggregation.path("clusterRoleSelectors")) {
        boolean matches = true;
        for (var label : selector.path("matchLabels").properties()) {
          matches &= label.getValue().asText().equals(other.labels().get(label.getKey()));
        }
        if (matches) {
          all.addAll(rules(other, seen));
        }
      }
    }
    return all;
  }

  private static List<Rule> read(JsonNode rules) {
    List<Rule> all = new ArrayList<>();
    for (JsonNode rule : rules) {
      all.add(
          new Rule(
              set(rule, "verbs"),
              set(rule, "apiGroups"),
              set(rule, "resources"),
              set(rule, "resourceNames"),
              set(rule, "nonResourceURLs")));
    }
    return all;
  }

  private static Set<String> set(JsonNode rule, String field) {
    Set<String> values = new HashSet<>();
    rule.path(field).forEach(value -> values.add(value.asText()));
    return values;
  }

  /** What a user may in one namespace, ready to be asked often. */
  final class Rights {
    private final List<Rule> rules;

    private Rights(List<Rule> rules) {
      this.rules = rules;
    }

    boolean allow(Request asked) {
      return rules.stream().anyMatch(rule -> allows(rule, asked));
    }
  }

  Rights rights(UserInfo user, String namespace) {
    return new Rights(rulesOf(user, namespace));
  }

  private static boolean allows(Rule rule, Request asked) {
    boolean verb = rule.verbs.contains("*") || rule.verbs.contains(asked.verb);
    if (asked.resource.isEmpty()) {
      return verb && rule.urls.stream().anyMatch(url -> matches(url, asked.path));
    }
    boolean group = rule.groups.contains("*") || rule.groups.contains(asked.group);
    boolean name = rule.names.isEmpty() || rule.names.contains(asked.name);
    int slash = asked.resource.indexOf('/');
    boolean resource =
        rule.resources.contains("*")
            || rule.resources.contains(asked.resource)
            || slash > 0 && rule.resources.contains("*" + asked.resource.substring(slash));
    return verb && group && name && resource;
  }

  /** A star stands for the rest of a path, at the end alone. */
  private static boolean matches(String url, String path) {
    return url.endsWith("*")
        ? path.startsWith(url.substring(0, url.length() - 1))
        : url.equals(path);
  }
}
