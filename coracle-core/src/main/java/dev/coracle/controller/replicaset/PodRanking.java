package dev.coracle.controller.replicaset;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Pods;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which Pods go first when there are too many: those that lose least. Unassigned before assigned,
 * pending before running, not ready before ready, the lower {@code pod-deletion-cost}, those whose
 * node has more of the same owner, ready for a shorter time (in powers of two), more restarts,
 * younger.
 */
public final class PodRanking {

  private static final String COST = "controller.kubernetes.io/pod-deletion-cost";

  private PodRanking() {}

  /**
   * @param related all active Pods that count for the spread over nodes
   * @return the {@code count} to delete
   */
  public static List<KubeObject> toDelete(
      List<KubeObject> pods, List<KubeObject> related, int count, Instant now) {
    if (count >= pods.size()) {
      return pods;
    }
    Map<String, Integer> onNode = new HashMap<>();
    related.forEach(pod -> onNode.merge(Pods.nodeName(pod), 1, Integer::sum));
    List<KubeObject> ranked = new ArrayList<>(pods);
    ranked.sort(
        Comparator.comparing((KubeObject pod) -> !Pods.nodeName(pod).isEmpty())
            .thenComparing(pod -> phaseRank(Pods.phase(pod)))
            .thenComparing(Pods::isReady)
            .thenComparing(PodRanking::cost)
            .thenComparing(pod -> -onNode.getOrDefault(Pods.nodeName(pod), 0))
            .thenComparing(pod -> readyRank(pod, now))
            .thenComparing(pod -> -Pods.restarts(pod))
            .thenComparing(pod -> ageRank(Timestamps.parse(pod.creationTimestamp()), now))
            .thenComparing(KubeObject::uid));
    return ranked.subList(0, count);
  }

  private static int phaseRank(String phase) {
    return switch (phase) {
      case "Unknown" -> 1;
      case "Running" -> 2;
      default -> 0;
    };
  }

  private static long cost(KubeObject pod) {
    try {
      return Long.parseLong(pod.at("metadata", "annotations").path(COST).asText("0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static long readyRank(KubeObject pod, Instant now) {
    return Pods.isReady(pod) ? ageRank(Pods.readySince(pod), now) : 0;
  }

  /** The logarithm of an age: what is about as old is as good. */
  private static long ageRank(@Nullable Instant since, Instant now) {
    if (since == null) {
      return 0;
    }
    long age = now.getEpochSecond() - since.getEpochSecond();
    return age <= 0 ? 0 : 64 - Long.numberOfLeadingZeros(age);
  }
}
