package dev.coracle.controller.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Trees;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which Pods of a DaemonSet to start and which to end, and how it stands. Pure. */
final class DaemonDecision {

  static final String HASH_LABEL = "controller-revision-hash";
  static final String GENERATION_LABEL = "pod-template-generation";
  private static final String GENERATION = "deprecated.daemonset.template.generation";

  /**
   * @param create nodes that get a Pod
   * @param failed Pods that failed and are to be replaced, when their node's back-off is over
   * @param succeeded Pods that ended well, which a daemon does not, and are to be replaced
   */
  record Plan(
      List<String> create,
      List<KubeObject> delete,
      List<KubeObject> failed,
      List<KubeObject> succeeded) {

    Plan() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  /** Which of a node's Pods stays: one that has a node, the oldest. */
  private static final Comparator<KubeObject> FIRST_TO_STAY =
      Comparator.comparing((KubeObject pod) -> Pods.nodeName(pod).isEmpty())
          .thenComparing(KubeObject::creationTimestamp)
          .thenComparing(KubeObject::name);

  private final KubeObject set;
  private final List<KubeObject> nodes;
  private final Map<String, DaemonPlacement.Fit> fits = new HashMap<>();
  private final Map<String, List<KubeObject>> byNode = new TreeMap<>();
  private final String hash;
  private final Instant now;

  /**
   * @param hash of the template, as its Pods carry it
   */
  DaemonDecision(
      KubeObject set, List<KubeObject> nodes, List<KubeObject> pods, String hash, Instant now) {
    this.set = set;
    this.nodes = nodes;
    this.hash = hash;
    this.now = now;
    nodes.forEach(node -> fits.put(node.name(), DaemonPlacement.fit(set, node)));
    for (KubeObject pod : pods) {
      String node = DaemonPlacement.nodeOf(pod);
      if (!node.isEmpty() && !(pod.isDeleting() && Pods.isFinished(pod))) {
        byNode.computeIfAbsent(node, key -> new ArrayList<>()).add(pod);
      }
    }
    byNode.values().forEach(there -> there.sort(FIRST_TO_STAY));
  }

  private boolean isAvailable(KubeObject pod) {
    return Pods.isAvailable(pod, set.at("spec", "minReadySeconds").asInt(), now);
  }

  /** The generation of a DaemonSet's template; empty when it isn't known. */
  static String generation(KubeObject set) {
    return set.at("metadata", "annotations").path(GENERATION).asText("");
  }

  private boolean isNew(KubeObject pod) {
    String generation = generation(set);
    return (!hash.isEmpty() && hash.equals(pod.labels().get(HASH_LABEL)))
        || (!generation.isEmpty() && generation.equals(pod.labels().get(GENERATION_LABEL)));
  }

  private boolean runsOn(String node) {
    DaemonPlacement.Fit fit = fits.get(node);
    return fit != null && fit.run();
  }

  private boolean isRolling() {
    return set.text("spec", "updateStrategy", "type").equals("RollingUpdate");
  }

  private int desired() {
    return (int) nodes.stream().filter(node -> runsOn(node.name())).count();
  }

  private int limit(String field, int total) {
    JsonNode value = set.at("spec", "updateStrategy", "rollingUpdate").path(field);
    return Trees.scaled(value, 0, total, true);
  }

  private boolean surges() {
    return isRolling() && limit("maxSurge", 1) > 0;
  }

  /** A Pod on every node where one belongs, and none elsewhere. */
  Plan place() {
    Plan plan = new Plan();
    for (KubeObject node : nodes) {
      place(plan, node.name());
    }
    Set<String> known = nodes.stream().map(KubeObject::name).collect(Collectors.toSet());
    byNode.forEach(
        (node, pods) -> {
          if (!known.contains(node)) {
            // they wait for a node that is gone; those that ran there are the Pod GC's
            pods.stream()
                .filter(pod -> Pods.nodeName(pod).isEmpty() && !pod.isDeleting())
                .forEach(plan.delete::add);
          }
        });
    return plan;
  }

  private void place(Plan plan, String node) {
    DaemonPlacement.Fit fit = fits.get(node);
    List<KubeObject> there = byNode.getOrDefault(node, List.of());
    if (fit == null || !fit.stay()) {
      there.stream().filter(pod -> !pod.isDeleting()).forEach(plan.delete::add);
      return;
    }
    if (there.isEmpty()) {
      if (fit.run()) {
        plan.create.add(node);
      }
      return;
    }
    List<KubeObject> running = new ArrayList<>();
    for (KubeObject pod : there) {
      if (pod.isDeleting()) {
        continue;
      }
      switch (Pods.phase(pod)) {
        case "Failed" -> plan.failed.add(pod);
        case "Succeeded" -> plan.succeeded.add(pod);
        default -> running.add(pod);
      }
    }
    if (!surges()) {
      plan.delete.addAll(running.subList(Math.min(1, running.size()), running.size()));
    } else if (running.isEmpty()) {
      if (fit.run()) {
        plan.create.add(node);
      }
    } else if (running.size() > 1) {
      keepTwo(plan, running);
    }
  }

  /**
   * An old Pod and a new one may run side by side until the new one is available. Of several old
   * ones, after the template changed twice, one that is available stays: of Pods of the same second
   * Kubernetes' own controller keeps any.
   */
  private void keepTwo(Plan plan, List<KubeObject> running) {
    running.sort(Comparator.comparing(pod -> !isAvailable(pod)));
    KubeObject oldPod = null;
    KubeObject newPod = null;
    for (KubeObject pod : running) {
      boolean isNew = hash.equals(pod.labels().get(HASH_LABEL));
      if (isNew && newPod == null) {
        newPod = pod;
      } else if (!isNew && oldPod == null) {
        oldPod = pod;
      } else {
        plan.delete.add(pod);
      }
    }
    if (newPod != null && oldPod != null && (!Pods.isReady(oldPod) || isAvailable(newPod))) {
      plan.delete.add(oldPod);
    }
  }

  /** Moves on to the new template; only when {@link #place} has nothing to do. */
  Plan roll() {
    Plan plan = new Plan();
    if (!isRolling()) {
      return plan;
    }
    for (KubeObject node : nodes) {
      if (runsOn(node.name())) {
        byNode.putIfAbsent(node.name(), List.of());
      }
    }
    int desired = desired();
    int surge = limit("maxSurge", desired);
    int unavailable = limit("maxUnavailable", desired);
    if (surge > 0) {
      surge(plan, surge, desired);
    } else {
      replace(plan, desired > 0 && unavailable == 0 ? 1 : unavailable);
    }
    return plan;
  }

  /**
   * The Pods of a node that are not leaving.
   *
   * @param tooMany whether there is more than one of a kind
   */
  private record Pair(@Nullable KubeObject oldPod, @Nullable KubeObject newPod, boolean tooMany) {}

  private Pair pair(List<KubeObject> there) {
    KubeObject oldPod = null;
    KubeObject newPod = null;
    for (KubeObject pod : there) {
      if (pod.isDeleting()) {
        continue;
      }
      if (isNew(pod)) {
        if (newPod != null) {
          return new Pair(null, null, true);
        }
        newPod = pod;
      } else {
        if (oldPod != null) {
          return new Pair(null, null, true);
        }
        oldPod = pod;
      }
    }
    return new Pair(oldPod, newPod, false);
  }

  /** Old Pods go, and {@link #place} starts new ones in their stead. */
  private void replace(Plan plan, int most) {
    int unavailable = 0;
    List<KubeObject> candidates = new ArrayList<>();
    for (List<KubeObject> there : byNode.values()) {
      Pair pair = pair(there);
      KubeObject oldPod = pair.oldPod;
      KubeObject newPod = pair.newPod;
      if (pair.tooMany || (oldPod == null) == (newPod == null)) {
        unavailable++;
      } else if (newPod != null) {
        unavailable += isAvailable(newPod) ? 0 : 1;
      } else if (oldPod != null && !isAvailable(oldPod)) {
        plan.delete.add(oldPod);
        unavailable++;
      } else if (oldPod != null) {
        candidates.add(oldPod);
      }
    }
    int left = Math.clamp((long) most - unavailable, 0, candidates.size());
    plan.delete.addAll(candidates.subList(0, left));
  }

  /** New Pods start beside the old ones, which go when the new ones are available. */
  private void surge(Plan plan, int most, int desired) {
    int surging = 0;
    int available = 0;
    List<String> candidates = new ArrayList<>();
    List<KubeObject> misplaced = new ArrayList<>();
    for (Map.Entry<String, List<KubeObject>> entry : byNode.entrySet()) {
      Pair pair = pair(entry.getValue());
      KubeObject oldPod = pair.oldPod;
      KubeObject newPod = pair.newPod;
      if (pair.tooMany) {
        surging++;
        continue;
      }
      KubeObject counted = oldPod != null ? oldPod : newPod;
      available += counted != null && isAvailable(counted) ? 1 : 0;
      if (oldPod == null) {
        continue;
      }
      if (newPod != null) {
        if (isAvailable(newPod)) {
          plan.delete.add(oldPod);
        } else {
          surging++;
        }
      } else if (isAvailable(oldPod)) {
        if (runsOn(entry.getKey())) {
          candidates.add(entry.getKey());
        } else {
          misplaced.add(oldPod);
        }
      } else if (runsOn(entry.getKey())) {
        plan.create.add(entry.getKey());
      } else {
        plan.delete.add(oldPod);
      }
    }
    plan.delete.addAll(
        misplaced.subList(0, Math.clamp((long) available - desired, 0, misplaced.size())));
    plan.create.addAll(
        candidates.subList(0, Math.clamp((long) most - surging, 0, candidates.size())));
  }

  /**
   * What the status should say.
   *
   * @param observed the generation that was acted upon
   */
  ObjectNode status(long observed) {
    int desired = 0;
    int current = 0;
    int misscheduled = 0;
    int ready = 0;
    int available = 0;
    int updated = 0;
    for (KubeObject node : nodes) {
      List<KubeObject> there = byNode.getOrDefault(node.name(), List.of());
      if (!runsOn(node.name())) {
        misscheduled += there.isEmpty() ? 0 : 1;
        continue;
      }
      desired++;
      if (there.isEmpty()) {
        continue;
      }
      current++;
      KubeObject pod = there.getFirst();
      if (Pods.isReady(pod)) {
        ready++;
        available += isAvailable(pod) ? 1 : 0;
      }
      updated += isNew(pod) ? 1 : 0;
    }
    ObjectNode status =
        Json.object()
            .put("currentNumberScheduled", current)
            .put("numberMisscheduled", misscheduled)
            .put("desiredNumberScheduled", desired)
            .put("numberReady", ready);
    Trees.putUnlessZero(status, "observedGeneration", observed);
    Trees.putUnlessZero(status, "updatedNumberScheduled", updated);
    Trees.putUnlessZero(status, "numberAvailable", available);
    Trees.putUnlessZero(status, "numberUnavailable", desired - available);
    return status;
  }
}
