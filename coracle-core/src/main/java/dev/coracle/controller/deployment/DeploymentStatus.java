package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Trees;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a Deployment's status should say: counts, and the conditions kubectl rollout waits for. */
final class DeploymentStatus {

  static final String AVAILABLE = "Available";
  static final String PROGRESSING = "Progressing";
  static final String REPLICA_FAILURE = "ReplicaFailure";
  static final String NEW_AVAILABLE = "NewReplicaSetAvailable";
  static final String TIMED_OUT = "ProgressDeadlineExceeded";

  private DeploymentStatus() {}

  /**
   * The counts and the Available condition; other conditions as they were.
   *
   * @param now RFC 3339
   */
  static ObjectNode counts(
      KubeObject deployment,
      Rollout rollout,
      List<KubeObject> all,
      @Nullable KubeObject newSet,
      String now) {
    int replicas = 0;
    int ready = 0;
    int available = 0;
    int terminating = 0;
    for (KubeObject set : all) {
      JsonNode status = set.at("status");
      replicas += status.path("replicas").asInt();
      ready += status.path("readyReplicas").asInt();
      available += status.path("availableReplicas").asInt();
      terminating += status.path("terminatingReplicas").asInt();
    }
    ObjectNode status = Json.object().put("observedGeneration", deployment.generation());
    Trees.putUnlessZero(status, "replicas", replicas);
    Trees.putUnlessZero(
        status, "updatedReplicas", newSet == null ? 0 : newSet.at("status", "replicas").asInt());
    Trees.putUnlessZero(status, "readyReplicas", ready);
    Trees.putUnlessZero(status, "availableReplicas", available);
    Trees.putUnlessZero(status, "unavailableReplicas", Math.max(0, Rollout.sum(all) - available));
    status.put("terminatingReplicas", terminating);
    JsonNode collisions = deployment.at("status", "collisionCount");
    if (collisions.isNumber()) {
      status.set("collisionCount", collisions);
    }
    ArrayNode conditions =
        deployment.at("status", "conditions") instanceof ArrayNode known
            ? known.deepCopy()
            : Json.array();
    status.set("conditions", conditions);
    if (available >= rollout.replicas() - rollout.maxUnavailable()) {
      set(
          conditions,
          AVAILABLE,
          "True",
          "MinimumReplicasAvailable",
          "Deployment has minimum availability.",
          now);
    } else {
      set(
          conditions,
          AVAILABLE,
          "False",
          "MinimumReplicasUnavailable",
          "Deployment does not have minimum availability.",
          now);
    }
    return status;
  }

  /** Adds to {@link #counts} how the rollout goes. */
  static void progress(
      ObjectNode status,
      KubeObject deployment,
      Rollout rollout,
      List<KubeObject> all,
      @Nullable KubeObject newSet,
      Instant instant) {
    String now = Timestamps.seconds(instant);
    ArrayNode conditions = status.withArray("/conditions");
    JsonNode current = Conditions.find(deployment.at("status", "conditions"), PROGRESSING);
    if (!hasDeadline(deployment)) {
      Conditions.remove(conditions, PROGRESSING);
    } else if (!(current != null
        && reason(current).equals(NEW_AVAILABLE)
        && count(status, "replicas") == count(status, "updatedReplicas"))) {
      String subject =
          newSet == null
              ? "Deployment \"" + deployment.name() + "\""
              : "ReplicaSet \"" + newSet.name() + "\"";
      if (isComplete(status, deployment, rollout)) {
        set(
            conditions,
            PROGRESSING,
            "True",
            NEW_AVAILABLE,
            subject + " has successfully progressed.",
            now);
      } else if (progressed(deployment.at("status"), status)) {
        replace(conditions, "True", "ReplicaSetUpdated", subject + " is progressing.", now);
      } else if (timedOut(deployment, instant)) {
        set(
            conditions,
            PROGRESSING,
            "False",
            TIMED_OUT,
            subject + " has timed out progressing.",
            now);
      }
    }
    failure(conditions, all, newSet);
  }

  private static void failure(
      ArrayNode conditions, List<KubeObject> all, @Nullable KubeObject newSet) {
    List<KubeObject> asked = new ArrayList<>();
    if (newSet != null) {
      asked.add(newSet);
    }
    asked.addAll(all);
    for (KubeObject set : asked) {
      JsonNode failure = Conditions.find(set.at("status", "conditions"), REPLICA_FAILURE);
      if (failure != null) {
        set(
            conditions,
            REPLICA_FAILURE,
            failure.path("status").asText(),
            reason(failure),
            failure.path("message").asText(),
            failure.path("lastTransitionTime").asText());
        return;
      }
    }
    Conditions.remove(conditions, REPLICA_FAILURE);
  }

  static boolean hasDeadline(KubeObject deployment) {
    return deployment.at("spec", "progressDeadlineSeconds").asInt(600) != Integer.MAX_VALUE;
  }

  static boolean isComplete(JsonNode status, KubeObject deployment, Rollout rollout) {
    return count(status, "updatedReplicas") == rollout.replicas()
        && count(status, "replicas") == rollout.replicas()
        && count(status, "availableReplicas") == rollout.replicas()
        && status.path("observedGeneration").asLong() >= deployment.generation();
  }

  private static boolean progressed(JsonNode before, JsonNode now) {
    int oldBefore = count(before, "replicas") - count(before, "updatedReplicas");
    int oldNow = count(now, "replicas") - count(now, "updatedReplicas");
    return count(now, "updatedReplicas") > count(before, "updatedReplicas")
        || oldNow < oldBefore
        || count(now, "readyReplicas") > count(before, "readyReplicas")
        || count(now, "availableReplicas") > count(before, "availableReplicas");
  }

  private static boolean timedOut(KubeObject deployment, Instant now) {
    JsonNode condition = Conditions.find(deployment.at("status", "conditions"), PROGRESSING);
    if (condition == null || reason(condition).equals(NEW_AVAILABLE)) {
      return false;
    }
    if (reason(condition).equals(TIMED_OUT)) {
      return true;
    }
    Duration left = deadlineIn(deployment, now);
    return left != null && left.isNegative();
  }

  /** How long the rollout may still stand still; null when nothing waits for it. */
  static @Nullable Duration deadlineIn(KubeObject deployment, Instant now) {
    JsonNode condition = Conditions.find(deployment.at("status", "conditions"), PROGRESSING);
    if (!hasDeadline(deployment)
        || condition == null
        || reason(condition).equals(NEW_AVAILABLE)
        || reason(condition).equals(TIMED_OUT)
        || reason(condition).equals("DeploymentPaused")) {
      return null;
    }
    Instant since = Timestamps.parse(condition.path("lastUpdateTime").asText());
    if (since == null) {
      return null;
    }
    int deadline = deployment.at("spec", "progressDeadlineSeconds").asInt(600);
    return Duration.between(now, since.plusSeconds(deadline));
  }

  /**
   * Sets a condition and, when it changes, the times; the same status and reason stays as it is.
   */
  static void set(
      ArrayNode conditions, String type, String status, String reason, String message, String now) {
    JsonNode known = Conditions.find(conditions, type);
    if (known != null
        && known.path("status").asText().equals(status)
        && reason(known).equals(reason)) {
      return;
    }
    String transition =
        known != null && known.path("status").asText().equals(status)
            ? known.path("lastTransitionTime").asText()
            : now;
    Conditions.remove(conditions, type);
    add(conditions, type, status, reason, message, transition, now);
  }

  /** Sets Progressing anew, with now as the time of its last update: progress was made. */
  private static void replace(
      ArrayNode conditions, String status, String reason, String message, String now) {
    JsonNode known = Conditions.find(conditions, PROGRESSING);
    String transition =
        known != null && known.path("status").asText().equals(status)
            ? known.path("lastTransitionTime").asText()
            : now;
    Conditions.remove(conditions, PROGRESSING);
    add(conditions, PROGRESSING, status, reason, message, transition, now);
  }

  private static void add(
      ArrayNode conditions,
      String type,
      String status,
      String reason,
      String message,
      String transition,
      String now) {
    conditions
        .addObject()
        .put("type", type)
        .put("status", status)
        .put("lastUpdateTime", now)
        .put("lastTransitionTime", transition)
        .put("reason", reason)
        .put("message", message);
  }

  private static String reason(JsonNode condition) {
    return condition.path("reason").asText();
  }

  private static int count(JsonNode status, String field) {
    return status.path(field).asInt();
  }
}
