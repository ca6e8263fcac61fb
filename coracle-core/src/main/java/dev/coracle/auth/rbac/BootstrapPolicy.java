package dev.coracle.auth.rbac;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The roles and bindings that every cluster starts with, read from the table beside this class
 * ({@code bootstrap-policy.txt}; its head says how it is written).
 */
public final class BootstrapPolicy {

  private static final String GROUP = "rbac.authorization.k8s.io";
  private static final String API = GROUP + "/v1";

  /** An object of the policy and where it belongs. */
  public record Item(GroupVersionResource resource, String namespace, ObjectNode object) {
    public String name() {
      return object.path("metadata").path("name").asText();
    }
  }

  private final List<Item> items = new ArrayList<>();

  private BootstrapPolicy() {}

  /** The whole policy: ClusterRoles, Roles, ClusterRoleBindings, RoleBindings. */
  public static List<Item> items() {
    BootstrapPolicy policy = new BootstrapPolicy();
    try (InputStream resource =
            Objects.requireNonNull(
                BootstrapPolicy.class.getResourceAsStream(
                    "/dev/coracle/auth/bootstrap-policy.txt"));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        if (!line.isBlank() && !line.startsWith("#")) {
          policy.line(line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return policy.items;
  }

  /** The rules of one ClusterRole of the policy. */
  public static List<PolicyRule> rulesOf(String clusterRole) {
    for (Item item : items()) {
      if (item.resource().resource().equals("clusterroles") && item.name().equals(clusterRole)) {
        return PolicyRule.read(item.object().path("rules"));
      }
    }
    throw new IllegalArgumentException("no ClusterRole " + clusterRole + " in the policy");
  }

  private void line(String line) {
    String[] words = line.strip().split(" ", -1);
    if (line.startsWith("  ")) {
      rule(items.getLast().object(), words);
      return;
    }
    switch (words[0]) {
      case "clusterrole" -> {
        ObjectNode role = object("ClusterRole", "", words[1]);
        for (int i = 2; i < words.length; i++) {
          metadata(role)
              .withObject("/labels")
              .put("rbac.authorization.k8s.io/" + words[i].substring(1), "true");
        }
        add("clusterroles", "", role);
      }
      case "role" -> add("roles", words[1], object("Role", words[1], words[2]));
      case "bind" -> add("clusterrolebindings", "", binding("", "clusterrole", words, 1));
      case "bind-in" -> add("rolebindings", words[1], binding(words[1], words[2], words, 3));
      default -> throw new IllegalStateException("bootstrap policy: " + line);
    }
  }

  private void add(String resource, String namespace, ObjectNode object) {
    items.add(new Item(GroupVersionResource.of(GROUP, "v1", resource), namespace, object));
  }

  private static ObjectNode metadata(ObjectNode object) {
    return (ObjectNode) object.get("metadata");
  }

  private static ObjectNode object(String kind, String namespace, String name) {
    ObjectNode object = Json.object().put("kind", kind).put("apiVersion", API);
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
    metadata.putObject("annotations").put("rbac.authorization.kubernetes.io/autoupdate", "true");
    if (kind.equals("ClusterRole") || kind.equals("Role")) {
      object.putArray("rules");
    }
    return object;
  }

  private static void rule(ObjectNode role, String[] words) {
    if (words[0].equals("aggregates")) {
      role.withObject("/aggregationRule")
          .withArray("clusterRoleSelectors")
          .addObject()
          .putObject("matchLabels")
          .put("rbac.authorization.k8s.io/" + words[1], "true");
      return;
    }
    ObjectNode rule = role.withArray("rules").addObject();
    all(rule.putArray("verbs"), words[0].split(",", -1));
    if (words[1].equals("at")) {
      ArrayNode urls = rule.putArray("nonResourceURLs");
      for (int i = 2; i < words.length; i++) {
        urls.add(words[i]);
      }
      return;
    }
    ArrayNode groups = rule.putArray("apiGroups");
    for (String group : words[2].split(",", -1)) {
      groups.add(group.equals("-") ? "" : group);
    }
    all(rule.putArray("resources"), words[3].split(",", -1));
    if (words.length > 5) {
      all(rule.putArray("resourceNames"), words[5].split(",", -1));
    }
  }

  private static void all(ArrayNode array, String[] values) {
    for (String value : values) {
      array.add(value);
    }
  }

  private static ObjectNode binding(String namespace, String roleKind, String[] words, int at) {
    String role = words[at];
    String name =
        words.length > 2 && words[words.length - 2].equals("as") ? words[words.length - 1] : role;
    ObjectNode binding =
        object(namespace.isEmpty() ? "ClusterRoleBinding" : "RoleBinding", namespace, name);
    binding
        .putObject("roleRef")
        .put("apiGroup", GROUP)
        .put("kind", roleKind.equals("clusterrole") ? "ClusterRole" : "Role")
        .put("name", role);
    ArrayNode subjects = Json.array();
    for (int i = at + 2; i < words.length && !words[i].equals("as"); i++) {
      String[] parts = words[i].split(":", 2);
      if (parts[0].equals("sa")) {
        String[] account = parts[1].split(":", 2);
        subjects
            .addObject()
            .put("kind", "ServiceAccount")
            .put("name", account[1])
            .put("namespace", account[0]);
      } else {
        subjects
            .addObject()
            .put("kind", parts[0].equals("user") ? "User" : "Group")
            .put("apiGroup", GROUP)
            .put("name", parts[1]);
      }
    }
    if (!subjects.isEmpty()) {
      binding.set("subjects", subjects);
    }
    return binding;
  }
}
