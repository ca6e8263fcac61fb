package dev.coracle.controller.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.NodeTerms;
import java.util.Map;

/** On which nodes a DaemonSet's Pods belong, and how a Pod says so. Pure. */
final class DaemonPlacement {

  private static final String[][] TOLERATED = {
    {"node.kubernetes.io/not-ready", "NoExecute"},
    {"node.kubernetes.io/unreachable", "NoExecute"},
    {"node.kubernetes.io/disk-pressure", "NoSchedule"},
    {"node.kubernetes.io/memory-pressure", "NoSchedule"},
    {"node.kubernetes.io/pid-pressure", "NoSchedule"},
    {"node.kubernetes.io/unschedulable", "NoSchedule"},
  };

  /**
   * @param run whether a Pod is to be started there
   * @param stay whether a Pod that runs there may stay
   */
  record Fit(boolean run, boolean stay) {}

  private DaemonPlacement() {}

  static Fit fit(KubeObject daemonSet, KubeObject node) {
    JsonNode spec = daemonSet.at("spec", "template", "spec");
    String name = spec.path("nodeName").asText("");
    if (!name.isEmpty() && !name.equals(node.name())) {
      return new Fit(false, false);
    }
    for (Map.Entry<String, JsonNode> label : spec.path("nodeSelector").properties()) {
      if (!label.getValue().asText().equals(node.labels().get(label.getKey()))) {
        return new Fit(false, false);
      }
    }
    JsonNode required =
        spec.path("affinity")
            .path("nodeAffinity")
            .path("requiredDuringSchedulingIgnoredDuringExecution");
    if (required.isObject()
        && !NodeTerms.matchAny(required.path("nodeSelectorTerms"), node.labels(), node.name())) {
      return new Fit(false, false);
    }
    ArrayNode tolerations = tolerations(spec);
    boolean run = true;
    for (JsonNode taint : node.at("spec", "taints")) {
      String effect = taint.path("effect").asText();
      if (effect.equals("PreferNoSchedule") || NodeTerms.tolerated(tolerations, taint)) {
        continue;
      }
      if (effect.equals("NoExecute")) {
        return new Fit(false, false);
      }
      run = false;
    }
    return new Fit(run, true);
  }

  /** The template's tolerations, and those of every daemon: it stays where others must go. */
  static ArrayNode tolerations(JsonNode podSpec) {
    ArrayNode tolerations =
        podSpec.path("tolerations") instanceof ArrayNode given ? given.deepCopy() : Json.array();
    for (String[] tolerated : TOLERATED) {
      add(tolerations, tolerated[0], tolerated[1]);
    }
    if (podSpec.path("hostNetwork").asBoolean()) {
      add(tolerations, "node.kubernetes.io/network-unavailable", "NoSchedule");
    }
    return tolerations;
  }

  private static void add(ArrayNode tolerations, String key, String effect) {
    for (JsonNode toleration : tolerations) {
      if (toleration.path("key").asText().equals(key)
          && toleration.path("effect").asText().equals(effect)
          && toleration.path("operator").asText().equals("Exists")) {
        return;
      }
    }
    tolerations.addObject().put("key", key).put("operator", "Exists").put("effect", effect);
  }

  /**
   * Binds a Pod to a node by affinity, in place of the template's own node selector terms, which
   * the node meets: the scheduler still decides whether there is room.
   */
  static void place(ObjectNode pod, String node) {
    ObjectNode spec = pod.withObject("/spec");
    spec.set("tolerations", tolerations(spec));
    ObjectNode required =
        spec.withObject("/affinity")
            .withObject("/nodeAffinity")
            .withObject("/requiredDuringSchedulingIgnoredDuringExecution");
    ObjectNode field = Json.object().put("key", "metadata.name").put("operator", "In");
    field.putArray("values").add(node);
    required.putArray("nodeSelectorTerms").addObject().putArray("matchFields").add(field);
  }

  /** The node that a Pod is on or meant for; empty when it says none. */
  static String nodeOf(KubeObject pod) {
    String name = pod.text("spec", "nodeName");
    if (!name.isEmpty()) {
      return name;
    }
    for (JsonNode term :
        pod.at(
            "spec",
            "affinity",
            "nodeAffinity",
            "requiredDuringSchedulingIgnoredDuringExecution",
            "nodeSelectorTerms")) {
      for (JsonNode field : term.path("matchFields")) {
        if (field.path("key").asText().equals("metadata.name")
            && field.path("operator").asText().equals("In")
            && field.path("values").size() == 1) {
          return field.path("values").path(0).asText();
        }
      }
    }
    return "";
  }
}
