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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a node's silence and its conditions mean. Pure. */
final class NodeHealth {

  /** Whether a node that is not ready drives its Pods out. */
  enum Eviction {
    /** It does not: nobody knows whether the fault is the node's. */
    NONE,
    /** It does if it did before. */
    AS_BEFORE,
    DUE
  }

  /** How long a node may be silent. */
  static final Duration GRACE = Duration.ofSeconds(50);

  /** How long it may take until it says the first word. */
  static final Duration STARTUP_GRACE = Duration.ofSeconds(60);

  static final String NOT_READY = "node.kubernetes.io/not-ready";
  static final String UNREACHABLE = "node.kubernetes.io/unreachable";
  private static final String UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
  private static final String NO_SCHEDULE = "NoSchedule";
  private static final String NO_EXECUTE = "NoExecute";
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

  /** The status of the condition Ready; empty when the node never said. */
  static String ready(KubeObject node) {
    JsonNode ready = Conditions.find(node.at("status", "conditions"), "Ready");
    return ready == null ? "" : ready.path("status").asText("Unknown");
  }

  /** Known not to be ready. */
  static boolean isNotReady(KubeObject node) {
    String ready = ready(node);
    return !ready.isEmpty() && !ready.equals("True");
  }

  static Duration grace(KubeObject node) {
    return ready(node).isEmpty() ? STARTUP_GRACE : GRACE;
  }

  /** The failure domain that the node is in. */
  static String zone(KubeObject node) {
    return label(node, "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
        + "/"
        + label(node, "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
  }

  private static String label(KubeObject node, String name, String old) {
    return node.labels().getOrDefault(name, node.labels().getOrDefault(old, ""));
  }

  /** Labels under old names that say something else than the new ones do. */
  static Map<String, String> labels(KubeObject node) {
    Map<String, String> wrong = new TreeMap<>();
    for (String name : List.of("os", "arch")) {
      String value = node.labels().get("kubernetes.io/" + name);
      if (value != null && !value.equals(node.labels().get("beta.kubernetes.io/" + name))) {
        wrong.put("beta.kubernetes.io/" + name, value);
      }
    }
    return wrong;
  }

  /** Whether a taint of ours drives Pods out of the node. */
  static boolean evicts(KubeObject node) {
    for (JsonNode taint : node.at("spec", "taints")) {
      if (isOurs(taint) && taint.path("effect").asText().equals(NO_EXECUTE)) {
        return true;
      }
    }
    return false;
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
  static @Nullable ArrayNode taints(KubeObject node, Eviction eviction, String now) {
    ArrayNode wanted = Json.array();
    for (JsonNode taint : node.at("spec", "taints")) {
      if (!isOurs(taint)) {
        wanted.add(taint);
      }
    }
    if (isNotReady(node)) {
      String key = ready(node).equals("False") ? NOT_READY : UNREACHABLE;
      add(wanted, node, key, NO_SCHEDULE, now);
      boolean evicts =
          switch (eviction) {
            case NONE -> false;
            case AS_BEFORE -> evicts(node);
            case DUE -> true;
          };
      if (evicts) {
        add(wanted, node, key, NO_EXECUTE, now);
      }
    }
    for (String[] pressure : PRESSURES) {
      if (Conditions.isTrue(node.at("status", "conditions"), pressure[0])) {
        add(wanted, node, pressure[1], NO_SCHEDULE, now);
      }
    }
    if (node.at("spec", "unschedulable").asBoolean()) {
      add(wanted, node, UNSCHEDULABLE, NO_SCHEDULE, now);
    }
    JsonNode there = node.at("spec", "taints");
    return sameTaints(wanted, there) ? null : wanted;
  }

  private static boolean isOurs(JsonNode taint) {
    String key = taint.path("key").asText();
    boolean ofReadiness = key.equals(NOT_READY) || key.equals(UNREACHABLE);
    return switch (taint.path("effect").asText()) {
      case NO_EXECUTE -> ofReadiness;
      case NO_SCHEDULE -> {
        boolean ours = ofReadiness || key.equals(UNSCHEDULABLE);
        for (String[] pressure : PRESSURES) {
          ours |= pressure[1].equals(key);
        }
        yield ours;
      }
      default -> false;
    };
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
    if (effect.equals(NO_EXECUTE)) {
      taint.put("timeAdded", now);
    }
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
      if (!taint.path("effect").asText().equals(NO_EXECUTE)) {
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
