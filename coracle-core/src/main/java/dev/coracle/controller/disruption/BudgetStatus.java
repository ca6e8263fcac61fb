package dev.coracle.controller.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Trees;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a PodDisruptionBudget's status should say. Pure. */
final class BudgetStatus {

  /** An eviction that was granted counts until the Pod goes, but not longer than this. */
  static final Duration EVICTION_TIMEOUT = Duration.ofMinutes(2);

  private BudgetStatus() {}

  /**
   * @param pods that the budget selects
   * @param scale how many Pods their controllers want together
   */
  static ObjectNode of(KubeObject budget, List<KubeObject> pods, int scale, Instant now) {
    JsonNode most = budget.at("spec", "maxUnavailable");
    JsonNode least = budget.at("spec", "minAvailable");
    int expected = pods.size();
    int desired = 0;
    if (!most.isMissingNode()) {
      expected = scale;
      desired = Math.max(0, expected - Trees.scaled(most, 0, expected, true));
    } else if (least.isNumber()) {
      desired = least.asInt();
    } else if (!least.isMissingNode()) {
      expected = scale;
      desired = Trees.scaled(least, 0, expected, true);
    }
    Map<String, Instant> evicted = evicted(budget, pods, now);
    int healthy = 0;
    for (KubeObject pod : pods) {
      if (!pod.isDeleting() && !evicted.containsKey(pod.name()) && Pods.isReady(pod)) {
        healthy++;
      }
    }
    int allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
    ObjectNode status = Json.object();
    ArrayNode conditions =
        budget.at("status", "conditions") instanceof ArrayNode known
            ? known.deepCopy()
            : Json.array();
    Conditions.set(
            conditions,
            "DisruptionAllowed",
            allowed > 0 ? "True" : "False",
            allowed > 0 ? "SufficientPods" : "InsufficientPods",
            "",
            Timestamps.seconds(now))
        .put("message", "")
        .put("observedGeneration", budget.generation());
    status.set("conditions", conditions);
    status.put("currentHealthy", healthy).put("desiredHealthy", desired);
    if (!evicted.isEmpty()) {
      ObjectNode map = status.putObject("disruptedPods");
      evicted.forEach((name, time) -> map.put(name, Timestamps.seconds(time)));
    }
    status.put("disruptionsAllowed", allowed).put("expectedPods", expected);
    return status.put("observedGeneration", budget.generation());
  }

  private static Map<String, Instant> evicted(
      KubeObject budget, List<KubeObject> pods, Instant now) {
    Map<String, Instant> evicted = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : budget.at("status", "disruptedPods").properties()) {
      Instant time = Timestamps.parse(entry.getValue().asText());
      boolean there =
          pods.stream().anyMatch(pod -> pod.name().equals(entry.getKey()) && !pod.isDeleting());
      if (there && time != null && time.plus(EVICTION_TIMEOUT).isAfter(now)) {
        evicted.put(entry.getKey(), time);
      }
    }
    return evicted;
  }
}
