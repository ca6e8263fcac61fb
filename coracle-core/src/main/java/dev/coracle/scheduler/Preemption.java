package dev.coracle.scheduler;

import dev.coracle.scheduler.FilterPlugin.Rejection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds a node that would take a Pod without some of its Pods of lower priority. Pure. Of several,
 * the one whose most important victim matters least, then the one with the least sum of priorities,
 * the fewest victims, and the latest started ones.
 */
final class Preemption {

  static final String NEVER = "preemption: not eligible due to preemptionPolicy=Never.";

  /** A node and the Pods to end there. */
  record Choice(NodeInfo node, List<PodInfo> victims) {}

  private final Algorithm algorithm;
  private final ClusterState state;

  Preemption(Algorithm algorithm, ClusterState state) {
    this.algorithm = algorithm;
    this.state = state;
  }

  @Nullable Choice find(PodInfo pod, Decision.None none) {
    List<Choice> choices = new ArrayList<>();
    for (Map.Entry<String, Rejection> entry : none.rejections().entrySet()) {
      NodeInfo node = state.find(entry.getKey());
      if (node == null || !entry.getValue().resolvable()) {
        continue;
      }
      List<PodInfo> victims = victims(pod, node);
      if (victims != null && !victims.isEmpty()) {
        choices.add(new Choice(node, victims));
      }
    }
    return choices.stream()
        .min(
            Comparator.comparingInt((Choice choice) -> choice.victims.getFirst().priority())
                .thenComparingLong(
                    choice -> choice.victims.stream().mapToLong(PodInfo::priority).sum())
                .thenComparingInt(choice -> choice.victims.size())
                .thenComparing(
                    choice -> choice.victims.getFirst().pod().text("status", "startTime"),
                    Comparator.reverseOrder())
                .thenComparing(choice -> choice.node.name()))
        .orElse(null);
  }

  /** The Pods that must go, most important first; null when even without them it does not fit. */
  private @Nullable List<PodInfo> victims(PodInfo pod, NodeInfo node) {
    NodeInfo without = node.copy();
    List<PodInfo> lower = new ArrayList<>();
    for (PodInfo other : node.pods()) {
      if (other.priority() < pod.priority()) {
        lower.add(other);
        without.remove(other.uid());
      }
    }
    if (lower.isEmpty() || !algorithm.fits(pod, without, state.with(without))) {
      return null;
    }
    lower.sort(
        Comparator.comparingInt((PodInfo other) -> -other.priority())
            .thenComparing(other -> other.pod().text("status", "startTime")));
    List<PodInfo> victims = new ArrayList<>();
    for (PodInfo other : lower) {
      without.add(other);
      if (!algorithm.fits(pod, without, state.with(without))) {
        without.remove(other.uid());
        victims.add(other);
      }
    }
    return victims;
  }

  /** What kube-scheduler says when there is nothing to preempt. */
  static String nothing(Decision.None none) {
    int resolvable = 0;
    for (Rejection rejection : none.rejections().values()) {
      resolvable += rejection.resolvable() ? 1 : 0;
    }
    int rest = none.nodes() - resolvable;
    List<String> parts = new ArrayList<>();
    if (resolvable > 0) {
      parts.add(resolvable + " No preemption victims found for incoming pod");
    }
    if (rest > 0) {
      parts.add(rest + " Preemption is not helpful for scheduling");
    }
    parts.sort(Comparator.naturalOrder());
    return "preemption: 0/"
        + none.nodes()
        + " nodes are available: "
        + String.join(", ", parts)
        + ".";
  }
}
