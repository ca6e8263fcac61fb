package dev.coracle.admission.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Operation;
import java.util.Set;
import java.util.TreeSet;

/** What a node may change of its own Node: not its taints, nor labels that steer workloads. */
final class NodeItself {

  private static final String RESTRICTED = "node-restriction.kubernetes.io";

  private NodeItself() {}

  static void check(NodeWrite write) {
    String requested = write.name();
    if (!requested.equals(write.node())) {
      throw write.refused(
          "node "
              + NodeWrite.quoted(write.node())
              + " is not allowed to modify node "
              + NodeWrite.quoted(requested));
    }
    if (write.attributes().operation() == Operation.CREATE) {
      JsonNode created = write.object();
      if (created.path("spec").path("configSource").isObject()) {
        throw write.refused(
            "node "
                + NodeWrite.quoted(write.node())
                + " is not allowed to create pods with a non-nil configSource");
      }
      Set<String> forbidden =
          forbiddenLabels(created.path("metadata").path("labels"), Json.object());
      if (!forbidden.isEmpty()) {
        throw write.refused(
            "node "
                + NodeWrite.quoted(write.node())
                + " is not allowed to set the following labels: "
                + String.join(", ", forbidden));
      }
    }
    if (write.attributes().operation() == Operation.UPDATE) {
      JsonNode old = write.old();
      JsonNode now = write.object();
      JsonNode source = now.path("spec").path("configSource");
      if (source.isObject() && !source.equals(old.path("spec").path("configSource"))) {
        throw write.refused(
            "node "
                + NodeWrite.quoted(write.node())
                + " is not allowed to update configSource to a new non-nil configSource");
      }
      if (!NodeWrite.same(old.path("spec").path("taints"), now.path("spec").path("taints"))) {
        throw write.refused(
            "node " + NodeWrite.quoted(write.node()) + " is not allowed to modify taints");
      }
      Set<String> forbidden =
          forbiddenLabels(now.path("metadata").path("labels"), old.path("metadata").path("labels"));
      if (!forbidden.isEmpty()) {
        throw write.refused("is not allowed to modify labels: " + String.join(", ", forbidden));
      }
    }
  }

  /** The changed labels that a kubelet may not touch, sorted. */
  private static Set<String> forbiddenLabels(JsonNode now, JsonNode old) {
    Set<String> changed = new TreeSet<>();
    now.properties()
        .forEach(
            label -> {
              if (!label.getValue().equals(old.get(label.getKey()))) {
                changed.add(label.getKey());
              }
            });
    old.properties()
        .forEach(
            label -> {
              if (!now.has(label.getKey())) {
                changed.add(label.getKey());
              }
            });
    changed.removeIf(label -> !isForbidden(label));
    return changed;
  }

  private static boolean isForbidden(String label) {
    int slash = label.indexOf('/');
    String namespace = slash < 0 ? "" : label.substring(0, slash);
    if (namespace.equals(RESTRICTED) || namespace.endsWith("." + RESTRICTED)) {
      return true;
    }
    boolean kubernetes =
        namespace.equals("kubernetes.io")
            || namespace.endsWith(".kubernetes.io")
            || namespace.equals("k8s.io")
            || namespace.endsWith(".k8s.io");
    return kubernetes && !isKubeletLabel(label, namespace);
  }

  private static boolean isKubeletLabel(String label, String namespace) {
    return switch (label) {
      case "kubernetes.io/hostname",
          "kubernetes.io/os",
          "kubernetes.io/arch",
          "beta.kubernetes.io/os",
          "beta.kubernetes.io/arch",
          "beta.kubernetes.io/instance-type",
          "node.kubernetes.io/instance-type",
          "failure-domain.beta.kubernetes.io/region",
          "failure-domain.beta.kubernetes.io/zone",
          "failure-domain.kubernetes.io/region",
          "failure-domain.kubernetes.io/zone",
          "topology.kubernetes.io/region",
          "topology.kubernetes.io/zone" ->
          true;
      default ->
          namespace.equals("kubelet.kubernetes.io")
              || namespace.endsWith(".kubelet.kubernetes.io")
              || namespace.equals("node.kubernetes.io")
              || namespace.endsWith(".node.kubernetes.io");
    };
  }
}
