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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a PodDisruptionBudget's status should say. Pure. */
final class BudgetStatus {

  /** An eviction that was granted counts until the Pod goes, but not longer than this. */
  static final Duration EVICTION_TIMEOUT = Duration.ofMinutes(2);

  private static final String ALLOWED = "DisruptionAllowed";

  /**
   * @param status what it should say
   * @param undeleted Pods that were to go by now
   * @param lookAgain when the next granted eviction counts no longer; null when there is none
   */
  record Result(ObjectNode status, List<KubeObject> undeleted, @Nullable Instant lookAgain) {}

  private BudgetStatus() {}

  /** Whether a budget is a part of what the Pods' controllers want, and not of what is there. */
  static boolean asksControllers(KubeObject budget) {
    JsonNode least = budget.at("spec", "minAvailable");
    return !budget.at("spec", "maxUnavailable").isMissingNode()
        || (!least.isMissingNode() && !least.isNumber());
  }

  /**
   * @param pods that the budget selects
   * @param scale how many Pods their controllers want together; of no meaning where they are not
   *     asked
   */
  static Result of(KubeObject budget, List<KubeObject> pods, int scale, Instant now) {
    JsonNode most = budget.at("spec", "maxUnavailable");
    JsonNode least = budget.at("spec", "minAvailable");
    int expected = 0;
    int desired = 0;
    if (!most.isMissingNode()) {
      expected = scale;
      desired = Math.max(0, expected - Trees.scaled(most, 0, expected, true));
    } else if (least.isNumber()) {
      expected = pods.size();
      desired = least.asInt();
    } else if (!least.isMissingNode()) {
      expected = scale;
      desired = Trees.scaled(least, 0, expected, true);
    }
    Map<String, Instant> evicted = new TreeMap<>();
    List<KubeObject> undeleted = new ArrayList<>();
    int healthy = 0;
    Instant lookAgain = null;
    for (KubeObject pod : pods) {
      if (pod.isDeleting()) {
        continue;
      }
      Instant time =
          Timestamps.parse(budget.at("status", "disruptedPods").path(pod.name()).asText());
      if (time != null && !time.plus(EVICTION_TIMEOUT).isBefore(now)) {
        Instant end = time.plus(EVICTION_TIMEOUT);
        lookAgain = lookAgain == null || end.isBefore(lookAgain) ? end : lookAgain;
        evicted.put(pod.name(), time);
        continue;
      }
      if (time != null) {
        undeleted.add(pod);
      }
      healthy += Pods.isReady(pod) ? 1 : 0;
    }
    int allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
    ObjectNode status = Json.object();
    status.set(
        "conditions",
        conditions(
            budget,
            allowed > 0,
            allowed > 0 ? "SufficientPods" : "InsufficientPods",
            "",
            budget.generation(),
            now));
    status.put("currentHealthy", healthy).put("desiredHealthy", desired);
    if (!evicted.isEmpty()) {
      ObjectNode map = status.putObject("disruptedPods");
      evicted.forEach((name, time) -> map.put(name, Timestamps.seconds(time)));
    }
    status.put("disruptionsAllowed", allowed).put("expectedPods", expected);
    status.put("observedGeneration", budget.generation());
    return new Result(status, undeleted, lookAgain);
  }

  /** The status of a budget that cannot be worked out: nothing may be evicted. */
  static ObjectNode failed(KubeObject budget, String why, Instant now) {
    ObjectNode status =
        budget.at("status") instanceof ObjectNode known ? known.deepCopy() : Json.object();
    for (String count : List.of("currentHealthy", "desiredHealthy", "expectedPods")) {
      status.put(count, status.path(count).asInt());
    }
    status.put("disruptionsAllowed", 0);
    long observed = status.path("observedGeneration").asLong();
    status.set("conditions", conditions(budget, false, "SyncFailed", why, observed, now));
    return status;
  }

  private static ArrayNode conditions(
      KubeObject budget,
      boolean allowed,
      String reason,
      String message,
      long generation,
      Instant now) {
    ArrayNode conditions =
        budget.at("status", "conditions") instanceof ArrayNode known
            ? known.deepCopy()
            : Json.array();
    ObjectNode condition =
        Conditions.set(
                conditions,
                ALLOWED,
                allowed ? "True" : "False",
                reason,
                message,
                Timestamps.seconds(now))
            .put("message", message);
    if (generation > 0) {
      condition.put("observedGeneration", generation);
    }
    return conditions;
  }
}
