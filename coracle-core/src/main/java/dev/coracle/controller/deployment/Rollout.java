package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Trees;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many Pods each ReplicaSet of a Deployment should have next: the arithmetic of rolling updates
 * and proportional scaling. Pure; numbers of ReplicaSets are their {@code spec.replicas} and {@code
 * status}.
 */
final class Rollout {

  /** The replica counts that a step wants, by ReplicaSet; those that stay are left out. */
  record Scale(KubeObject replicaSet, int replicas) {}

  private final KubeObject deployment;

  Rollout(KubeObject deployment) {
    this.deployment = deployment;
  }

  static int specReplicas(KubeObject replicaSet) {
    return replicaSet.at("spec", "replicas").asInt(1);
  }

  /** Available Pods that are to stay: a status may still count some that are not. */
  static int available(KubeObject replicaSet) {
    return Math.min(specReplicas(replicaSet), replicaSet.at("status", "availableReplicas").asInt());
  }

  /** How many Pods a ReplicaSet may have at this moment: those that are to go are still there. */
  private static int present(KubeObject replicaSet) {
    return Math.max(specReplicas(replicaSet), replicaSet.at("status", "replicas").asInt());
  }

  /**
   * Whether every status tells of the newest spec. Until then nothing is known of how many Pods
   * there are, and a step could break the bounds for a moment (which Kubernetes' own controller
   * risks).
   */
  private static boolean areObserved(List<KubeObject> replicaSets) {
    for (KubeObject set : replicaSets) {
      if (set.at("status", "observedGeneration").asLong() < set.generation()) {
        return false;
      }
    }
    return true;
  }

  static int sum(List<KubeObject> replicaSets) {
    return replicaSets.stream().mapToInt(Rollout::specReplicas).sum();
  }

  static List<KubeObject> active(List<KubeObject> replicaSets) {
    return replicaSets.stream().filter(set -> specReplicas(set) > 0).toList();
  }

  static final Comparator<KubeObject> OLDEST_FIRST =
      Comparator.comparing((KubeObject set) -> created(set)).thenComparing(KubeObject::name);

  private static Instant created(KubeObject object) {
    Instant created = Timestamps.parse(object.creationTimestamp());
    return created == null ? Instant.EPOCH : created;
  }

  int replicas() {
    return deployment.at("spec", "replicas").asInt(1);
  }

  boolean isRolling() {
    return !deployment.text("spec", "strategy", "type").equals("Recreate");
  }

  boolean isPaused() {
    return deployment.at("spec", "paused").asBoolean();
  }

  int maxSurge() {
    return isRolling() && replicas() >= 0 ? bounds()[0] : 0;
  }

  int maxUnavailable() {
    if (!isRolling() || replicas() == 0) {
      return 0;
    }
    return Math.min(bounds()[1], replicas());
  }

  /** Surge rounds up and unavailable down; were both 0, nothing could ever move. */
  private int[] bounds() {
    JsonNode rolling = deployment.at("spec", "strategy", "rollingUpdate");
    int surge = Trees.scaled(rolling.path("maxSurge"), 0, replicas(), true);
    int unavailable = Trees.scaled(rolling.path("maxUnavailable"), 0, replicas(), false);
    return new int[] {surge, surge == 0 && unavailable == 0 ? 1 : unavailable};
  }

  /** How many Pods the new ReplicaSet may have beside the others. */
  int newReplicas(List<KubeObject> all, int current) {
    if (!isRolling()) {
      return replicas();
    }
    int most = replicas() + maxSurge();
    int there = all.stream().mapToInt(Rollout::present).sum();
    if (there >= most || !areObserved(all)) {
      return current;
    }
    return current + Math.min(most - there, replicas() - current);
  }

  /** The next step of the new ReplicaSet, or null when it has as many as it may. */
  @Nullable Scale growNew(List<KubeObject> all, KubeObject newSet) {
    int current = specReplicas(newSet);
    int wanted = current > replicas() ? replicas() : newReplicas(all, current);
    return wanted == current ? null : new Scale(newSet, wanted);
  }

  /** How the old ReplicaSets shrink while enough Pods stay available: unhealthy Pods first. */
  List<Scale> shrinkOld(List<KubeObject> all, List<KubeObject> old, KubeObject newSet) {
    int oldPods = sum(old);
    if (oldPods == 0 || !areObserved(all)) {
      return List.of();
    }
    int leastAvailable = replicas() - maxUnavailable();
    int newUnavailable = specReplicas(newSet) - available(newSet);
    int most = sum(all) - leastAvailable - newUnavailable;
    if (most <= 0) {
      return List.of();
    }
    List<KubeObject> sorted = new ArrayList<>(old);
    sorted.sort(OLDEST_FIRST);
    Map<String, Integer> counts = new LinkedHashMap<>();
    sorted.forEach(set -> counts.put(set.name(), specReplicas(set)));
    int left = most;
    for (KubeObject set : sorted) {
      int unhealthy = specReplicas(set) - available(set);
      int step = Math.min(left, Math.max(0, unhealthy));
      counts.merge(set.name(), -step, Integer::sum);
      left -= step;
    }
    int availablePods = all.stream().mapToInt(Rollout::available).sum();
    int healthy = availablePods - leastAvailable;
    for (KubeObject set : sorted) {
      int count = counts.getOrDefault(set.name(), 0);
      int step = Math.min(count, Math.max(0, healthy));
      counts.put(set.name(), count - step);
      healthy -= step;
    }
    List<Scale> scales = new ArrayList<>();
    for (KubeObject set : sorted) {
      int count = counts.getOrDefault(set.name(), 0);
      if (count != specReplicas(set)) {
        scales.add(new Scale(set, count));
      }
    }
    return scales;
  }

  /** How the ReplicaSets follow a change of the Deployment's own replicas, between steps. */
  List<Scale> scale(@Nullable KubeObject newSet, List<KubeObject> old) {
    KubeObject only = activeOrLatest(newSet, old);
    if (only != null) {
      return List.of(new Scale(only, replicas()));
    }
    if (newSet != null && isSaturated(newSet)) {
      return active(old).stream().map(set -> new Scale(set, 0)).toList();
    }
    return isRolling() ? proportional(newSet, old) : List.of();
  }

  private static @Nullable KubeObject activeOrLatest(
      @Nullable KubeObject newSet, List<KubeObject> old) {
    List<KubeObject> all = new ArrayList<>(old);
    if (newSet != null) {
      all.add(newSet);
    }
    List<KubeObject> active = active(all);
    if (active.size() == 1) {
      return active.getFirst();
    }
    if (!active.isEmpty()) {
      return null;
    }
    return newSet != null ? newSet : old.stream().max(OLDEST_FIRST).orElse(null);
  }

  private boolean isSaturated(KubeObject set) {
    int desired = set.at("metadata", "annotations").path(Revisions.DESIRED_REPLICAS).asInt(-1);
    return specReplicas(set) == replicas() && desired == replicas() && available(set) == replicas();
  }

  private List<Scale> proportional(@Nullable KubeObject newSet, List<KubeObject> old) {
    List<KubeObject> all = new ArrayList<>(active(old));
    if (newSet != null && specReplicas(newSet) > 0) {
      all.add(newSet);
    }
    int there = sum(all);
    int allowed = replicas() > 0 ? replicas() + maxSurge() : 0;
    int toAdd = allowed - there;
    Comparator<KubeObject> bySize = Comparator.comparing(set -> -specReplicas(set));
    all.sort(bySize.thenComparing(toAdd > 0 ? OLDEST_FIRST.reversed() : OLDEST_FIRST));
    int[] sizes = new int[all.size()];
    int added = 0;
    for (int i = 0; i < all.size(); i++) {
      int current = specReplicas(all.get(i));
      int share = toAdd == 0 ? 0 : share(all.get(i), toAdd, added);
      sizes[i] = current + share;
      added += share;
    }
    if (toAdd != 0 && sizes.length > 0) {
      sizes[0] = Math.max(0, sizes[0] + toAdd - added);
    }
    List<Scale> scales = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      scales.add(new Scale(all.get(i), sizes[i]));
    }
    return scales;
  }

  private int share(KubeObject set, int toAdd, int added) {
    if (specReplicas(set) == 0 || toAdd == added) {
      return 0;
    }
    int allowed = toAdd - added;
    int fraction = fraction(set);
    return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
  }

  private int fraction(KubeObject set) {
    int current = specReplicas(set);
    if (replicas() == 0) {
      return -current;
    }
    int before =
        set.at("metadata", "annotations")
            .path(Revisions.MAX_REPLICAS)
            .asInt(deployment.at("status", "replicas").asInt());
    if (before <= 0) {
      return 0;
    }
    double size = (double) current * (replicas() + maxSurge()) / before;
    return (int) Math.round(size) - current;
  }

  /** Whether some ReplicaSet has not heard yet that the Deployment's replicas changed. */
  boolean isScaling(List<KubeObject> all) {
    for (KubeObject set : active(all)) {
      JsonNode desired = set.at("metadata", "annotations").path(Revisions.DESIRED_REPLICAS);
      if (!desired.isMissingNode() && desired.asInt() != replicas()) {
        return true;
      }
    }
    return false;
  }
}
