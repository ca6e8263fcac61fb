package dev.coracle.controller.replicaset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Trees;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a ReplicaSet's status should say. */
final class ReplicaStatus {

  private ReplicaStatus() {}

  /**
   * @param active the owner's Pods that are neither finished nor being deleted
   * @param terminating how many are being deleted and not finished; -1 for a kind without it
   * @param failure why Pods could not be created or deleted; null when they could
   * @param difference active Pods minus wanted ones, before the failure
   */
  static ObjectNode of(
      KubeObject owner,
      List<KubeObject> active,
      int terminating,
      @Nullable StatusException failure,
      int difference,
      Instant now) {
    LabelSelector template =
        LabelSelector.ofMap(owner.at("spec", "template", "metadata", "labels"));
    int minReady = owner.at("spec", "minReadySeconds").asInt();
    int labeled = 0;
    int ready = 0;
    int available = 0;
    for (KubeObject pod : active) {
      if (template.matches(pod.labels())) {
        labeled++;
      }
      if (Pods.isReady(pod)) {
        ready++;
        if (Pods.isAvailable(pod, minReady, now)) {
          available++;
        }
      }
    }
    ObjectNode status = Json.object().put("replicas", active.size());
    Trees.putUnlessZero(status, "fullyLabeledReplicas", labeled);
    Trees.putUnlessZero(status, "readyReplicas", ready);
    Trees.putUnlessZero(status, "availableReplicas", available);
    if (terminating >= 0) {
      status.put("terminatingReplicas", terminating);
    }
    status.put("observedGeneration", owner.generation());
    ArrayNode conditions = conditions(owner, failure, difference, Timestamps.seconds(now));
    if (!conditions.isEmpty()) {
      status.set("conditions", conditions);
    }
    return status;
  }

  private static ArrayNode conditions(
      KubeObject owner, @Nullable StatusException failure, int difference, String now) {
    ArrayNode conditions =
        owner.at("status", "conditions") instanceof ArrayNode known
            ? known.deepCopy()
            : Json.array();
    if (failure == null) {
      Conditions.remove(conditions, "ReplicaFailure");
    } else if (Conditions.find(conditions, "ReplicaFailure") == null) {
      Conditions.set(
          conditions,
          "ReplicaFailure",
          "True",
          difference < 0 ? "FailedCreate" : "FailedDelete",
          failure.status().message(),
          now);
    }
    return conditions;
  }
}
