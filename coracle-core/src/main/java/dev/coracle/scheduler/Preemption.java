package dev.coracle.scheduler;

import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.Timestamps;
import dev.coracle.scheduler.FilterPlugin.Rejection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds a node that would take a Pod without some of its Pods of lower priority. Pure. Of several,
 * the one that breaks the fewest disruption budgets, whose most important victim matters least,
 * then the one with the least sum of priorities, the fewest victims, and the latest started ones.
 */
final class Preemption {

  static final String NEVER = "preemption: not eligible due to preemptionPolicy=Never.";

  static final String WAITS =
      "preemption: not eligible due to a terminating pod on the nominated node.";

  /** Added to each priority, so that fewer victims are better than more, whatever their signs. */
  private static final long ABOVE_ALL = 1L + Integer.MAX_VALUE;

  private static final int FEWEST_CANDIDATES = 100;
  private static final int CANDIDATES_OF_NODES = 10;

  /**
   * A node and the Pods to end there, most important first.
   *
   * @param violations how many of them a disruption budget would keep
   */
  record Choice(NodeInfo node, List<PodInfo> victims, int violations) {
    int highest() {
      return victims.getFirst().priority();
    }

    long sum() {
      return victims.stream().mapToLong(victim -> victim.priority() + ABOVE_ALL).sum();
    }

    /** When the first of the most important ones started; those that have not are the last. */
    Instant started() {
      Instant first = Instant.MAX;
      for (PodInfo victim : victims) {
        Instant at = startOf(victim);
        first = victim.priority() == highest() && at.isBefore(first) ? at : first;
      }
      return first;
    }
  }

  private final Algorithm algorithm;
  private final ClusterState state;
  private final Supplier<List<KubeObject>> budgets;

  /**
   * @param budgets all PodDisruptionBudgets
   */
  Preemption(Algorithm algorithm, ClusterState state, Supplier<List<KubeObject>> budgets) {
    this.algorithm = algorithm;
    this.state = state;
    this.budgets = budgets;
  }

  private static Instant startOf(PodInfo pod) {
    Instant started = Timestamps.parse(pod.pod().text("status", "startTime"));
    return started == null ? Instant.MAX : started;
  }

  @Nullable Choice find(PodInfo pod, Decision.None none) {
    List<Choice> choices = new ArrayList<>();
    List<KubeObject> known = budgets.get();
    int enough = Math.max(FEWEST_CANDIDATES, none.nodes() * CANDIDATES_OF_NODES / 100);
    for (Map.Entry<String, Rejection> entry : none.rejections().entrySet()) {
      NodeInfo node = state.find(entry.getKey());
      if (node == null || !entry.getValue().resolvable()) {
        continue;
      }
      Choice choice = onNode(pod, node, known);
      if (choice != null) {
        choices.add(choice);
        if (choices.size() >= enough) {
          break;
        }
      }
    }
    return choices.stream()
        .min(
            Comparator.comparingInt(Choice::violations)
                .thenComparingInt(Choice::highest)
                .thenComparingLong(Choice::sum)
                .thenComparingInt(choice -> choice.victims.size())
                .thenComparing(Choice::started, Comparator.reverseOrder())
                .thenComparing(choice -> choice.node.name()))
        .orElse(null);
  }

  /** Null when nobody has to go, or when even without all less important Pods it does not fit. */
  private @Nullable Choice onNode(PodInfo pod, NodeInfo node, List<KubeObject> known) {
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
            .thenComparing(Preemption::startOf));
    List<PodInfo> kept = keptByBudgets(lower, known);
    List<PodInfo> victims = new ArrayList<>();
    int violations = 0;
    List<PodInfo> inTurn = new ArrayList<>(kept);
    lower.stream().filter(other -> !kept.contains(other)).forEach(inTurn::add);
    for (PodInfo other : inTurn) {
      without.add(other);
      if (!algorithm.fits(pod, without, state.with(without))) {
        without.remove(other.uid());
        victims.add(other);
        violations += kept.contains(other) ? 1 : 0;
      }
    }
    if (victims.isEmpty()) {
      return null;
    }
    victims.sort(
        Comparator.comparingInt((PodInfo other) -> -other.priority())
            .thenComparing(Preemption::startOf));
    return new Choice(node, victims, violations);
  }

  /** Those of which a budget allows no more disruption, in their order. */
  private static List<PodInfo> keptByBudgets(List<PodInfo> pods, List<KubeObject> budgets) {
    List<PodInfo> kept = new ArrayList<>();
    Map<String, Integer> allowed = new HashMap<>();
    for (PodInfo info : pods) {
      KubeObject pod = info.pod();
      boolean violates = false;
      for (KubeObject budget : budgets) {
        LabelSelector selector = LabelSelector.of(budget.at("spec", "selector"));
        if (!budget.namespace().equals(pod.namespace())
            || pod.labels().isEmpty()
            || selector.requirements().isEmpty()
            || !selector.matches(pod.labels())
            || budget.at("status", "disruptedPods").has(pod.name())) {
          continue;
        }
        int left =
            allowed.merge(
                budget.uid(),
                budget.at("status", "disruptionsAllowed").asInt() - 1,
                (before, first) -> before - 1);
        violates |= left < 0;
      }
      if (violates) {
        kept.add(info);
      }
    }
    return kept;
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
