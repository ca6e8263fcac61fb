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
import org.jspecify.annotations.Nullable;

/**
 * The next steps of a StatefulSet: in order of the ordinals one at a time, or all at once when it
 * is {@code Parallel}; then from the last ordinal down to replace old Pods. Pure.
 */
final class StatefulDecision {

  /**
   * What to do, in this order; the first failure ends it.
   *
   * @param finished Pods that ended and give way to new ones of their name
   * @param create ordinals to start
   * @param tend Pods whose identity, volumes and claims are to be as the set says
   * @param beyond Pods whose ordinal is no longer wanted, when it is their turn: their claims are
   *     to be as the set says
   * @param condemned those of them that are to go now
   * @param replace Pods of an old revision that are to go now
   */
  record Plan(
      List<KubeObject> finished,
      List<Start> create,
      List<KubeObject> tend,
      List<KubeObject> beyond,
      List<KubeObject> condemned,
      List<KubeObject> replace) {

    Plan() {
      this(
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>());
    }
  }

  /**
   * @param update whether with the new revision, or with the one that was rolled out before
   */
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
      if (StatefulPods.isWanted(set, ordinal)) {
        wanted.put(ordinal, pod);
      } else if (ordinal >= 0) {
        beyond.add(pod);
      }
    }
    beyond.sort(
        Comparator.comparingInt((KubeObject pod) -> StatefulPods.ordinal(set, pod)).reversed());
  }

  private int start() {
    return StatefulPods.start(set);
  }

  private int replicas() {
    return StatefulPods.replicas(set);
  }

  private boolean isParallel() {
    return set.text("spec", "podManagementPolicy").equals("Parallel");
  }

  private boolean isRolling() {
    return !set.text("spec", "updateStrategy", "type").equals("OnDelete");
  }

  private JsonNode rollingUpdate() {
    return set.at("spec", "updateStrategy", "rollingUpdate");
  }

  private static boolean isRunningAndReady(KubeObject pod) {
    return Pods.phase(pod).equals("Running") && Pods.isReady(pod);
  }

  private boolean isAvailable(KubeObject pod) {
    return !pod.isDeleting()
        && Pods.isAvailable(pod, set.at("spec", "minReadySeconds").asInt(), now);
  }

  private boolean isOld(KubeObject pod) {
    return !StatefulPods.revision(pod).equals(update);
  }

  /** Which revision a Pod of an ordinal gets when it is made now. */
  private boolean getsUpdate(int ordinal) {
    if (current.equals(update)) {
      return true;
    }
    if (rollingUpdate().isObject()) {
      return ordinal >= start() + rollingUpdate().path("partition").asInt(0);
    }
    return !isRolling() || ordinal >= start() + set.at("status", "currentReplicas").asInt();
  }

  Plan plan() {
    Plan plan = new Plan();
    if (set.isDeleting()) {
      return plan;
    }
    if (!keep(plan) || !shrink(plan)) {
      return plan;
    }
    if (isRolling()) {
      JsonNode limit = rollingUpdate().path("maxUnavailable");
      if (limit.isMissingNode() || limit.isNull()) {
        rollOne(plan);
      } else {
        rollMany(plan, Math.max(1, Trees.scaled(limit, 1, replicas(), false)));
      }
    }
    return plan;
  }

  /**
   * One Pod for each ordinal.
   *
   * @return false when a Pod has to be waited for
   */
  private boolean keep(Plan plan) {
    for (int ordinal = start(); ordinal < start() + replicas(); ordinal++) {
      KubeObject pod = wanted.get(ordinal);
      boolean blocks = true;
      if (pod == null) {
        plan.create.add(new Start(ordinal, getsUpdate(ordinal)));
      } else if (Pods.isFinished(pod)) {
        if (!pod.isDeleting()) {
          plan.finished.add(pod);
        }
      } else {
        blocks = !isRunningAndReady(pod) || !isAvailable(pod);
        if (!pod.isDeleting() && (isParallel() || !blocks || Pods.phase(pod).equals("Pending"))) {
          plan.tend.add(pod);
        }
      }
      if (blocks && !isParallel()) {
        return false;
      }
    }
    return true;
  }

  /**
   * No Pods for other ordinals.
   *
   * @return false when a Pod has to be waited for
   */
  private boolean shrink(Plan plan) {
    plan.beyond.addAll(beyond);
    for (KubeObject pod : beyond) {
      if (isParallel()) {
        if (!pod.isDeleting()) {
          plan.condemned.add(pod);
        }
        continue;
      }
      boolean good = isRunningAndReady(pod) && isAvailable(pod);
      if (!pod.isDeleting() && (good || pod == lowestUnavailable())) {
        plan.condemned.add(pod);
      }
      return false;
    }
    return true;
  }

  /** Of those beyond the wanted ordinals; an ordered set's wanted ones are available by then. */
  private @Nullable KubeObject lowestUnavailable() {
    return beyond.reversed().stream().filter(pod -> !isAvailable(pod)).findFirst().orElse(null);
  }

  /** The last old Pod goes, unless a Pod after it isn't available. */
  private void rollOne(Plan plan) {
    for (int ordinal = start() + replicas() - 1; ordinal >= lowest(); ordinal--) {
      KubeObject pod = wanted.get(ordinal);
      if (pod != null && isOld(pod) && !isLeaving(plan, pod)) {
        plan.replace.add(pod);
        return;
      }
      if (pod == null || !isAvailable(pod)) {
        return;
      }
    }
  }

  /**
   * As many old Pods go as {@code maxUnavailable} leaves, the last ones first (KEP-961). Those of a
   * {@code Parallel} set that are not available anyway go without being counted.
   */
  private void rollMany(Plan plan, int most) {
    int unavailable = 0;
    for (int ordinal = start(); ordinal < start() + replicas(); ordinal++) {
      KubeObject pod = wanted.get(ordinal);
      unavailable += pod == null || !isAvailable(pod) ? 1 : 0;
    }
    int left = most - unavailable;
    for (int ordinal = start() + replicas() - 1; ordinal >= lowest(); ordinal--) {
      KubeObject pod = wanted.get(ordinal);
      if (pod == null || !isOld(pod) || isLeaving(plan, pod)) {
        continue;
      }
      if (!isAvailable(pod)) {
        plan.replace.add(pod);
      } else if (left > 0) {
        plan.replace.add(pod);
        left--;
      }
    }
  }

  private int lowest() {
    return start() + rollingUpdate().path("partition").asInt(0);
  }

  private static boolean isLeaving(Plan plan, KubeObject pod) {
    return pod.isDeleting() || plan.finished.contains(pod);
  }

  /**
   * What the status should say.
   *
   * @param replaced Pods of an old revision that were just told to go
   */
  ObjectNode status(List<KubeObject> replaced, int collisions) {
    int there = 0;
    int ready = 0;
    int available = 0;
    int currentReplicas = 0;
    int updated = 0;
    List<KubeObject> all = new ArrayList<>(wanted.values());
    all.addAll(beyond);
    for (KubeObject pod : all) {
      there++;
      if (isRunningAndReady(pod)) {
        ready++;
        available += Pods.isAvailable(pod, set.at("spec", "minReadySeconds").asInt(), now) ? 1 : 0;
      }
      if (!pod.isDeleting()) {
        boolean counts = StatefulPods.revision(pod).equals(current) && !replaced.contains(pod);
        currentReplicas += counts ? 1 : 0;
        updated += isOld(pod) ? 0 : 1;
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
    status.put("collisionCount", collisions);
    status.put("availableReplicas", available);
    return status;
  }
}
