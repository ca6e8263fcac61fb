package dev.coracle.controller.replicaset;

import dev.coracle.api.KubeObject;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * How many Pods a ReplicaSet or ReplicationController gets or loses next. Pure.
 *
 * @param difference the active Pods minus those it wants
 * @param create how many to create
 * @param delete which to delete; those that lose least first
 */
record ReplicaDecision(int difference, int create, List<KubeObject> delete) {

  /** No more Pods than this are created or deleted in one go. */
  static final int BURST = 500;

  /**
   * @param active the owner's Pods that are neither finished nor being deleted
   * @param related those that count for the spread over nodes; asked for when some are to go
   */
  static ReplicaDecision of(
      KubeObject owner, List<KubeObject> active, Supplier<List<KubeObject>> related, Instant now) {
    if (owner.isDeleting()) {
      return new ReplicaDecision(0, 0, List.of());
    }
    int difference = active.size() - wanted(owner);
    if (difference <= 0) {
      return new ReplicaDecision(difference, Math.min(-difference, BURST), List.of());
    }
    int count = Math.min(difference, BURST);
    return new ReplicaDecision(
        difference, 0, PodRanking.toDelete(active, related.get(), count, now));
  }

  static int wanted(KubeObject owner) {
    return owner.at("spec", "replicas").asInt(1);
  }
}
