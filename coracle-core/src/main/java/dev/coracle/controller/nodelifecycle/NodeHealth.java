package dev.coracle.controller.nodelifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.NodeTerms;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Trees;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a node's silence and its conditions mean. Pure. */
final class NodeHealth {

  static final String NOT_READY = "node.kubernetes.io/not-ready";
  static final String UNREACHABLE = "node.kubernetes.io/unreachable";
  private static final String[][] PRESSURES = {
    {"MemoryPressure", "node.kubernetes.io/memory-pressure"},
    {"DiskPressure", "node.kubernetes.io/disk-pressure"},
    {"PIDPressure", "node.kubernetes.io/pid-pressure"},
    {"NetworkUnavailable", "node.kubernetes.io/network-unavailable"},
  };
  private static final String[] REPORTED = {
    "Ready", "MemoryPressure", "DiskPressure", "PIDPressure"
  };

  private NodeHealth() {}

  static String ready(KubeObject node) {
    JsonNode ready = Conditions.find(node.at("status", "conditions"), "Ready");
    return ready == null ? "Unknown" : ready.path("status").asText("Unknown");
  }

  /**
   * The conditions of a node that has not been heard of for too long.
   *
   * @return null when they say so already
   */
  static @Nullable ArrayNode silent(KubeObject node, String now) {
    ArrayNode conditions =
        node.at("status", "conditions") instanceof ArrayNode known
            ? known.deepCopy()
            : Json.array();
    JsonNode before = conditions.deepCopy();
    for (String type : REPORTED) {
      JsonNode known = Conditions.find(conditions, type);
      if (known == null) {
        Conditions.set(
                conditions,
                type,
                "Unknown",
                "NodeStatusNeverUpdated",
                "Kubelet never posted node status.",
                now)
            .put("lastHeartbeatTime", node.creationTimestamp());
      } else if (!known.path("status").asText().equals("Unknown")) {
        Conditions.set(
            conditions,
            type,
            "Unknown",
            "NodeStatusUnknown",
            "Kubelet stopped posting node status.",
            now);
      }
    }
    return Trees.same(before, conditions) ? null : conditions;
  }

  /**
   * The taints that a node should have for its conditions, beside those of others.
   *
   * @return null when it has them
   */
  static @Nullable ArrayNode taints(KubeObject node, String now) {
    ArrayNode wanted = Json.array();
    for (JsonNode taint : node.at("spec", "taints")) {
      if (!isOurs(taint.path("key").asText())) {
        wanted.add(taint);
      }
    }
    String ready = ready(node);
    if (!ready.equals("True")) {
      String key = ready.equals("False") ? NOT_READY : UNREACHABLE;
      add(wanted, node, key, "NoSchedule", now);
      add(wanted, node, key, "NoExecute", now);
    }
    for (String[] pressure : PRESSURES) {
      if (Conditions.isTrue(node.at("status", "conditions"), pressure[0])) {
        add(wanted, node, pressure[1], "NoSchedule", now);
      }
    }
    if (node.at("spec", "unschedulable").asBoolean()) {
      add(wanted, node, "node.kubernetes.io/unschedulable", "NoSchedule", now);
    }
    JsonNode there = node.at("spec", "taints");
    return sameTaints(wanted, there) ? null : wanted;
  }

  private static boolean isOurs(String key) {
    if (key.equals(NOT_READY)
        || key.equals(UNREACHABLE)
        || key.equals("node.kubernetes.io/unschedulable")) {
      return true;
    }
    for (String[] pressure : PRESSURES) {
      if (pressure[1].equals(key)) {
        return true;
      }
    }
    return false;
  }

  private static void add(
      ArrayNode taints, KubeObject node, String key, String effect, String now) {
    for (JsonNode taint : node.at("spec", "taints")) {
      if (taint.path("key").asText().equals(key) && taint.path("effect").asText().equals(effect)) {
        taints.add(taint);
        return;
      }
    }
    ObjectNode taint = taints.addObject().put("key", key).put("effect", effect);
    taint.put("timeAdded", now);
  }

  private static boolean sameTaints(ArrayNode wanted, JsonNode there) {
    if (wanted.size() != there.size()) {
      return false;
    }
    for (JsonNode taint : wanted) {
      boolean found = false;
      for (JsonNode known : there) {
        found |= Trees.same(taint, known);
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  /**
   * How long a Pod may still stay on a node with these taints; null when as long as it likes.
   *
   * @param tolerations of the Pod
   */
  static @Nullable Duration mayStay(JsonNode taints, JsonNode tolerations) {
    Duration least = null;
    for (JsonNode taint : taints) {
      if (!taint.path("effect").asText().equals("NoExecute")) {
        continue;
      }
      if (!NodeTerms.tolerated(tolerations, taint)) {
        return Duration.ZERO;
      }
      for (JsonNode toleration : tolerations) {
        JsonNode seconds = toleration.path("tolerationSeconds");
        if (seconds.isNumber() && NodeTerms.tolerates(toleration, taint)) {
          Duration stay = Duration.ofSeconds(Math.max(0, seconds.asLong()));
          least = least == null || stay.compareTo(least) < 0 ? stay : least;
        }
      }
    }
    return least;
  }
}
