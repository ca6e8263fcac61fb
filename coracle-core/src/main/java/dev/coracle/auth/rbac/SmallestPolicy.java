package dev.coracle.auth.rbac;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.auth.AuthorizationAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The least that allows some requests, as roles and bindings: what was asked in one namespace is a
 * Role there, the same in several a ClusterRole that is bound in each, and what was asked of the
 * cluster or outside resources a ClusterRole that is bound everywhere. What every identity may do
 * (discovery, questions about itself) is left out.
 *
 * @param name of the roles and bindings
 * @param subject of the bindings, as they have it
 * @param byName whether requests that named an object give a right on that object alone
 */
public record SmallestPolicy(String name, ObjectNode subject, boolean byName) {

  private static final String API = "rbac.authorization.k8s.io/v1";
  private static final List<String> VERBS =
      List.of("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection");
  private static final Comparator<String> BY_USE =
      Comparator.<String>comparingInt(
              verb -> VERBS.contains(verb) ? VERBS.indexOf(verb) : VERBS.size())
          .thenComparing(Comparator.naturalOrder());

  /** A right that was used: the resource with its subresource, or a path. */
  private record Use(
      String verb, String group, String resource, String namespace, String name, String path) {

    Use in(String other) {
      return new Use(verb, group, resource, other, name, path);
    }

    boolean covers(Use other) {
      return verb.equals(other.verb)
          && group.equals(other.group)
          && resource.equals(other.resource)
          && (name.isEmpty() || name.equals(other.name));
    }
  }

  /** A resource, and the only names of it; none for all. */
  private record Selected(String group, String resource, List<String> names) {}

  /**
   * The roles and bindings for these requests, ready to be applied; none when nothing is needed.
   *
   * @param namespaces that exist before the roles do; what was asked in others is asked of the
   *     cluster
   */
  public List<ObjectNode> of(Collection<AuthorizationAttributes> requests, Set<String> namespaces) {
    List<PolicyRule> everybodys = new ArrayList<>();
    for (String role :
        List.of("system:basic-user", "system:discovery", "system:public-info-viewer")) {
      everybodys.addAll(BootstrapPolicy.rulesOf(role));
    }
    Set<Use> everywhere = new LinkedHashSet<>();
    Map<String, Set<Use>> inside = new TreeMap<>();
    for (AuthorizationAttributes request : requests) {
      if (everybodys.stream().noneMatch(rule -> rule.allows(request))) {
        Use use = use(request);
        if (use.resource.equals("namespaces") || !namespaces.contains(use.namespace)) {
          everywhere.add(use.in(""));
        } else {
          inside.computeIfAbsent(use.namespace, any -> new LinkedHashSet<>()).add(use);
        }
      }
    }
    inside.values().forEach(uses -> uses.removeIf(use -> covered(everywhere, use)));
    return documents(rules(everywhere), inside);
  }

  private static boolean covered(Set<Use> everywhere, Use use) {
    return everywhere.stream().anyMatch(one -> one.covers(use));
  }

  private Use use(AuthorizationAttributes request) {
    return request.isResourceRequest()
        ? new Use(
            request.verb(),
            request.apiGroup(),
            request.combinedResource(),
            request.namespace(),
            byName ? request.name() : "",
            "")
        : new Use(request.verb(), "", "", "", "", request.path());
  }

  private List<ObjectNode> documents(List<PolicyRule> everywhere, Map<String, Set<Use>> inside) {
    List<ObjectNode> documents = new ArrayList<>();
    if (!everywhere.isEmpty()) {
      documents.add(role("ClusterRole", "", name, everywhere));
      documents.add(binding("", "ClusterRole", name));
    }
    Map<List<PolicyRule>, List<String>> places = new LinkedHashMap<>();
    inside.forEach(
        (namespace, uses) -> {
          if (!uses.isEmpty()) {
            places.computeIfAbsent(rules(uses), any -> new ArrayList<>()).add(namespace);
          }
        });
    int shared = 0;
    for (Map.Entry<List<PolicyRule>, List<String>> place : places.entrySet()) {
      List<String> namespaces = place.getValue();
      if (namespaces.size() == 1) {
        documents.add(role("Role", namespaces.getFirst(), name, place.getKey()));
        documents.add(binding(namespaces.getFirst(), "Role", name));
        continue;
      }
      String common = name + "-in-namespaces" + (shared++ == 0 ? "" : "-" + shared);
      documents.add(role("ClusterRole", "", common, place.getKey()));
      namespaces.forEach(namespace -> documents.add(binding(namespace, "ClusterRole", common)));
    }
    return documents;
  }

  private static List<PolicyRule> rules(Set<Use> uses) {
    Map<String, Map<String, Set<String>>> names = new TreeMap<>();
    Map<String, Set<String>> paths = new TreeMap<>();
    for (Use use : uses) {
      if (use.resource.isEmpty()) {
        paths.computeIfAbsent(use.path, any -> new TreeSet<>(BY_USE)).add(use.verb);
      } else {
        names
            .computeIfAbsent(use.group + "|" + use.resource, any -> new TreeMap<>(BY_USE))
            .computeIfAbsent(use.verb, any -> new TreeSet<>())
            .add(use.name);
      }
    }
    Map<Selected, Set<String>> verbs = new LinkedHashMap<>();
    names.forEach(
        (key, byVerb) ->
            byVerb.forEach(
                (verb, named) -> {
                  int bar = key.indexOf('|');
                  verbs
                      .computeIfAbsent(
                          new Selected(
                              key.substring(0, bar),
                              key.substring(bar + 1),
                              named.contains("") ? List.of() : List.copyOf(named)),
                          any -> new TreeSet<>(BY_USE))
                      .add(verb);
                }));
    return joined(verbs, paths);
  }

  /** One rule for all that differs in its resource, or its path, alone. */
  private static List<PolicyRule> joined(
      Map<Selected, Set<String>> verbs, Map<String, Set<String>> paths) {
    Map<PolicyRule, List<String>> same = new LinkedHashMap<>();
    verbs.forEach(
        (object, may) ->
            same.computeIfAbsent(
                    new PolicyRule(
                        List.copyOf(may),
                        List.of(object.group),
                        List.of(),
                        object.names,
                        List.of()),
                    any -> new ArrayList<>())
                .add(object.resource));
    List<PolicyRule> rules = new ArrayList<>();
    same.forEach(
        (rule, resources) ->
            rules.add(
                new PolicyRule(
                    rule.verbs(),
                    rule.apiGroups(),
                    List.copyOf(resources),
                    rule.resourceNames(),
                    List.of())));
    Map<List<String>, List<String>> urls = new LinkedHashMap<>();
    paths.forEach(
        (path, may) -> urls.computeIfAbsent(List.copyOf(may), any -> new ArrayList<>()).add(path));
    urls.forEach(
        (may, all) ->
            rules.add(new PolicyRule(may, List.of(), List.of(), List.of(), List.copyOf(all))));
    return rules;
  }

  private static ObjectNode object(String kind, String namespace, String name) {
    ObjectNode object = Json.object().put("apiVersion", API).put("kind", kind);
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    return object;
  }

  private static ObjectNode role(
      String kind, String namespace, String name, List<PolicyRule> rules) {
    ObjectNode role = object(kind, namespace, name);
    ArrayNode array = role.putArray("rules");
    rules.forEach(rule -> array.add(rule.json()));
    return role;
  }

  private ObjectNode binding(String namespace, String roleKind, String role) {
    ObjectNode binding =
        object(namespace.isEmpty() ? "ClusterRoleBinding" : "RoleBinding", namespace, role);
    binding
        .putObject("roleRef")
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("kind", roleKind)
        .put("name", role);
    binding.putArray("subjects").add(subject.deepCopy());
    return binding;
  }
}
