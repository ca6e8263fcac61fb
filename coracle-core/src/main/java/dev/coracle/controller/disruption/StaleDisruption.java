package dev.coracle.controller.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Pods that were said to be disrupted and then were not deleted. Pure. What the kubelet says stays:
 * its Pods may take their time.
 */
final class StaleDisruption {

  static final Duration TIMEOUT = Duration.ofMinutes(2);

  private StaleDisruption() {}

  /** How long a Pod's condition may still stand; null when there is none to end. */
  static @Nullable Duration remaining(KubeObject pod, Instant now) {
    if (pod.isDeleting() || Pods.isFinished(pod)) {
      return null;
    }
    JsonNode condition = Conditions.find(pod.at("status", "conditions"), "DisruptionTarget");
    if (condition == null
        || !condition.path("status").asText().equals("True")
        || condition.path("reason").asText().equals("TerminationByKubelet")) {
      return null;
    }
    Instant since = Timestamps.parse(condition.path("lastTransitionTime").asText());
    Duration left = since == null ? Duration.ZERO : Duration.between(now, since.plus(TIMEOUT));
    return left.isNegative() ? Duration.ZERO : left;
  }
}
