package dev.coracle.cluster.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.auth.rbac.BootstrapPolicy;
import dev.coracle.controller.ingress.IngressStatusController;
import dev.coracle.registry.Seed;
import java.util.ArrayList;
import java.util.List;

/** What every cluster has, whatever its options: system namespaces, policy, priority classes. */
final class FirstObjects {

  private static final String RBAC = "rbac.authorization.k8s.io";

  private FirstObjects() {}

  /**
   * An object and where it belongs.
   *
   * @param kept whether what somebody changed of it is put right at each start
   */
  record Item(GroupVersionResource resource, String namespace, ObjectNode object, boolean kept) {}

  /** Loaded with the first new cluster of this JVM; what is made of it serves all others. */
  private static final class Once {
    static final List<Seed> SEEDS = seeds();
  }

  /** All of it, for a cluster that has nothing yet. */
  static List<Seed> forNewCluster() {
    return Once.SEEDS;
  }

  private static List<Seed> seeds() {
    List<Seed> seeds = new ArrayList<>();
    namespaces().forEach(item -> seeds.add(seed(item)));
    BootstrapPolicy.items()
        .forEach(item -> seeds.add(new Seed(item.resource(), item.namespace(), item.object())));
    besidesPolicy().forEach(item -> seeds.add(seed(item)));
    return List.copyOf(seeds);
  }

  private static Seed seed(Item item) {
    return new Seed(item.resource(), item.namespace(), item.object());
  }

  /** What other objects are in. */
  static List<Item> namespaces() {
    List<Item> items = new ArrayList<>();
    for (String name : List.of("default", "kube-system", "kube-public", "kube-node-lease")) {
      items.add(
          new Item(
              GroupVersionResource.core("namespaces"),
              "",
              object("v1", "Namespace", "", name),
              false));
    }
    return items;
  }

  /** What else there is, without the bootstrap policy, which has rules of its own. */
  static List<Item> besidesPolicy() {
    List<Item> items = new ArrayList<>();
    // What the controller may that Kubernetes has none of.
    ArrayNode rules = Json.array();
    rule(rules, "networking.k8s.io", "ingresses/status", "patch");
    items.addAll(rights(IngressStatusController.NAME, rules));
    items.add(
        priorityClass(
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node."));
    items.add(
        priorityClass(
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."));
    return items;
  }

  /** The rights of a ServiceAccount of {@code kube-system}, under {@code system:coracle:}. */
  static List<Item> rights(String account, ArrayNode rules) {
    String name = "system:coracle:" + account;
    ObjectNode role = object(RBAC + "/v1", "ClusterRole", "", name);
    role.set("rules", rules);
    ObjectNode binding = object(RBAC + "/v1", "ClusterRoleBinding", "", name);
    binding.putObject("roleRef").put("apiGroup", RBAC).put("kind", "ClusterRole").put("name", name);
    binding
        .putArray("subjects")
        .addObject()
        .put("kind", "ServiceAccount")
        .put("name", account)
        .put("namespace", "kube-system");
    return List.of(
        new Item(GroupVersionResource.of(RBAC, "v1", "clusterroles"), "", role, true),
        new Item(GroupVersionResource.of(RBAC, "v1", "clusterrolebindings"), "", binding, false));
  }

  static void rule(ArrayNode rules, String group, String resource, String... verbs) {
    ObjectNode rule = rules.addObject();
    rule.putArray("apiGroups").add(group);
    rule.putArray("resources").add(resource);
    ArrayNode allowed = rule.putArray("verbs");
    List.of(verbs).forEach(allowed::add);
  }

  private static Item priorityClass(String name, int value, String description) {
    ObjectNode priority = object("scheduling.k8s.io/v1", "PriorityClass", "", name);
    priority.put("value", value).put("description", description);
    return new Item(
        GroupVersionResource.of("scheduling.k8s.io", "v1", "priorityclasses"), "", priority, false);
  }

  static ObjectNode object(String apiVersion, String kind, String namespace, String name) {
    ObjectNode object = Json.object().put("apiVersion", apiVersion).put("kind", kind);
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    return object;
  }
}
