package dev.coracle.controller.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Trees;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * The next steps of a StatefulSet: in order of the ordinals one at a time, or all at once when it
 * is {@code Parallel}; then from the last ordinal down to replace old Pods. Pure.
 */
final class StatefulDecision {

  /**
   * @param create ordinals to start, with whether they get the new revision
   * @param delete Pods to end
   * @param condemned those of them whose ordinal is no longer wanted
   */
  record Plan(List<Start> create, List<KubeObject> delete, List<KubeObject> condemned) {}

  record Start(int ordinal, boolean update) {}

  private final KubeObject set;
  private final TreeMap<Integer, KubeObject> wanted = new TreeMap<>();
  private final List<KubeObject> beyond = new ArrayList<>();
  private final String current;
  private final String update;
  private final Instant now;

  /**
   * @param current the name of the revision that was rolled out last
   * @param update the name of the revision of the set's template
   */
  StatefulDecision(
      KubeObject set, List<KubeObject> pods, String current, String update, Instant now) {
    this.set = set;
    this.current = current;
    this.update = update;
    this.now = now;
    for (KubeObject pod : pods) {
      int ordinal = StatefulPods.ordinal(set, pod);
      if (ordinal >= start() && ordinal < start() + replicas()) {
        wanted.put(ordinal, pod);
      } else if (ordinal >= 0) {
        beyond.add(pod);
      }
    }
    beyond.sort(
        Comparator.comparingInt((KubeObject pod) -> StatefulPods.ordinal(set, pod)).reversed());
  }

  private int start() {
    return set.at("spec", "ordinals", "start").asInt(0);
  }

  private int replicas() {
    return set.at("spec", "replicas").asInt(1);
  }

  private boolean isParallel() {
    return set.text("spec", "podManagementPolicy").equals("Parallel");
  }

  private boolean isHealthy(KubeObject pod) {
    return Pods.phase(pod).equals("Running") && Pods.isReady(pod) && !pod.isDeleting();
  }

  private boolean isAvailable(KubeObject pod) {
    return isHealthy(pod) && Pods.isAvailable(pod, set.at("spec", "minReadySeconds").asInt(), now);
  }

  private static String revision(KubeObject pod) {
    return pod.labels().getOrDefault(StatefulPods.REVISION_LABEL, "");
  }

  private boolean isRolling() {
    return !set.text("spec", "updateStrategy", "type").equals("OnDelete");
  }

  private int partition() {
    return set.at("spec", "updateStrategy", "rollingUpdate").path("partition").asInt(0);
  }

  /** Which revision a Pod of an ordinal gets when it is made now. */
  private boolean getsUpdate(int ordinal) {
    if (current.equals(update) || !isRolling()) {
      return true;
    }
    JsonNode given = set.at("spec", "updateStrategy", "rollingUpdate").path("partition");
    int kept = given.isNumber() ? given.asInt() : set.at("status", "currentReplicas").asInt();
    return ordinal >= start() + kept;
  }

  Plan plan() {
    Plan plan = new Plan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    if (set.isDeleting()) {
      return plan;
    }
    for (int ordinal = start(); ordinal < start() + replicas(); ordinal++) {
      KubeObject pod = wanted.get(ordinal);
      if (pod == null) {
        plan.create.add(new Start(ordinal, getsUpdate(ordinal)));
      } else if (Pods.isFinished(pod) && !pod.isDeleting()) {
        plan.delete.add(pod);
      } else if (isAvailable(pod)) {
        continue;
      }
      if (!isParallel()) {
        return plan; // the next ordinal waits for this one
      }
    }
    for (KubeObject pod : beyond) {
      if (pod.isDeleting()) {
        if (!isParallel()) {
          return plan;
        }
        continue;
      }
      if (!isParallel() && !isHealthy(pod) && anyUnhealthyBefore(pod)) {
        return plan;
      }
      plan.delete.add(pod);
      plan.condemned.add(pod);
      if (!isParallel()) {
        return plan;
      }
    }
    if (isRolling() && plan.create.isEmpty() && plan.delete.isEmpty()) {
      roll(plan);
    }
    return plan;
  }

  private boolean anyUnhealthyBefore(KubeObject condemned) {
    return wanted.values().stream().anyMatch(pod -> !isHealthy(pod))
        || beyond.stream()
            .anyMatch(
                pod ->
                    StatefulPods.ordinal(set, pod) < StatefulPods.ordinal(set, condemned)
                        && !isHealthy(pod));
  }

  private void roll(Plan plan) {
    int most =
        Math.max(
            1,
            Trees.scaled(
                set.at("spec", "updateStrategy", "rollingUpdate").path("maxUnavailable"),
                1,
                replicas(),
                true));
    int unavailable = 0;
    for (KubeObject pod : wanted.values()) {
      unavailable += isAvailable(pod) ? 0 : 1;
    }
    for (var entry : wanted.descendingMap().entrySet()) {
      if (entry.getKey() < start() + partition()) {
        return;
      }
      KubeObject pod = entry.getValue();
      boolean old = !revision(pod).equals(update);
      if (old && !pod.isDeleting()) {
        // one that is not available already is replaced without taking another away
        if (isAvailable(pod)) {
          if (unavailable >= most) {
            return;
          }
          unavailable++;
        }
        plan.delete.add(pod);
        if (plan.delete.size() >= most) {
          return;
        }
      } else if (!isAvailable(pod) && unavailable >= most) {
        return;
      }
    }
  }

  boolean hasReadyUnavailable() {
    return wanted.values().stream().anyMatch(pod -> isHealthy(pod) && !isAvailable(pod));
  }

  ObjectNode status() {
    int there = 0;
    int ready = 0;
    int available = 0;
    int currentReplicas = 0;
    int updated = 0;
    List<KubeObject> all = new ArrayList<>(wanted.values());
    all.addAll(beyond);
    for (KubeObject pod : all) {
      there++;
      if (Pods.phase(pod).equals("Running") && Pods.isReady(pod)) {
        ready++;
        available += isAvailable(pod) ? 1 : 0;
      }
      if (!pod.isDeleting()) {
        currentReplicas += revision(pod).equals(current) ? 1 : 0;
        updated += revision(pod).equals(update) ? 1 : 0;
      }
    }
    String shown = current;
    if (isRolling() && updated == replicas() && ready == replicas() && there == replicas()) {
      shown = update;
      currentReplicas = updated;
    }
    ObjectNode status =
        Json.object().put("observedGeneration", set.generation()).put("replicas", there);
    Trees.putUnlessZero(status, "readyReplicas", ready);
    Trees.putUnlessZero(status, "currentReplicas", currentReplicas);
    Trees.putUnlessZero(status, "updatedReplicas", updated);
    status.put("currentRevision", shown).put("updateRevision", update);
    status.put("collisionCount", set.at("status", "collisionCount").asInt());
    status.put("availableReplicas", available);
    return status;
  }
}
