package dev.coracle.scheduler.profile;

import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.Timestamps;
import dev.coracle.scheduler.config.PluginArgs.Candidates;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin.Rejection;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.state.ClusterState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds a node that would take a Pod without some of its Pods of lower priority. Pure. Of several,
 * the one that breaks the fewest disruption budgets, whose most important victim matters least,
 * then the one with the least sum of priorities, the fewest victims, and the latest started ones.
 */
public final class Preemption {

  private static final String NO_VICTIMS = "No preemption victims found for incoming pod";
  private static final String NOT_HELPFUL = "Preemption is not helpful for scheduling";

  /** Added to each priority, so that fewer victims are better than more, whatever their signs. */
  private static final long ABOVE_ALL = 1L + Integer.MAX_VALUE;

  private static final Comparator<PodInfo> IMPORTANCE =
      Comparator.comparingInt((PodInfo pod) -> -pod.priority()).thenComparing(Preemption::startOf);

  /** What preemption can do for a Pod. */
  public sealed interface Outcome {}

  /**
   * A node and the Pods to end there, most important first.
   *
   * @param violations how many of them a disruption budget would keep
   */
  public record Choice(NodeInfo node, List<PodInfo> victims, int violations) implements Outcome {
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

  /** Nothing, for the reasons that the message counts. */
  public record Nothing(String message) implements Outcome {}

  /** One node: its victims, or why it has none. */
  private record Trial(@Nullable Choice choice, Rejection rejection) {
    static Trial failed(Rejection rejection) {
      return new Trial(null, rejection);
    }
  }

  private final Algorithm algorithm;
  private final Candidates candidates;
  private final Supplier<List<KubeObject>> budgets;
  private final RandomGenerator random;

  /**
   * @param budgets all PodDisruptionBudgets
   */
  Preemption(
      Algorithm algorithm,
      Candidates candidates,
      Supplier<List<KubeObject>> budgets,
      RandomGenerator random) {
    this.algorithm = algorithm;
    this.candidates = candidates;
    this.budgets = budgets;
    this.random = random;
  }

  private static Instant startOf(PodInfo pod) {
    Instant started = Timestamps.parse(pod.pod().text("status", "startTime"));
    return started == null ? Instant.MAX : started;
  }

  /**
   * @param cluster as the Pod must see it, with the Pods that nodes are promised to
   */
  public Outcome find(PodInfo pod, Decision.None none, ClusterState.Overlaid cluster) {
    List<NodeInfo> potential = new ArrayList<>();
    none.rejections()
        .forEach(
            (name, rejection) -> {
              NodeInfo node = rejection.resolvable() ? cluster.find(name) : null;
              if (node != null) {
                potential.add(node);
              }
            });
    potential.sort(Comparator.comparing(NodeInfo::name));
    int enough =
        Math.min(
            potential.size(),
            Math.max(potential.size() * candidates.percentage() / 100, candidates.absolute()));
    int offset = potential.isEmpty() ? 0 : random.nextInt(potential.size());
    List<KubeObject> known = potential.isEmpty() ? List.of() : budgets.get();
    List<Choice> choices = new ArrayList<>();
    boolean harmless = false;
    Map<String, Rejection> rejections = new HashMap<>();
    for (int i = 0; i < potential.size() && !(harmless && choices.size() >= enough); i++) {
      NodeInfo node = potential.get((offset + i) % potential.size());
      Trial trial = onNode(pod, node, known, cluster);
      if (trial.choice() != null) {
        choices.add(trial.choice());
        harmless |= trial.choice().violations() == 0;
      } else {
        rejections.put(node.name(), trial.rejection());
      }
    }
    Choice best = best(choices);
    return best != null
        ? best
        : new Nothing(Decision.reasons(none.nodes(), rejections, NOT_HELPFUL));
  }

  private static @Nullable Choice best(List<Choice> choices) {
    return choices.stream()
        .min(
            Comparator.comparingInt(Choice::violations)
                .thenComparingInt(Choice::highest)
                .thenComparingLong(Choice::sum)
                .thenComparingInt(choice -> choice.victims.size())
                .thenComparing(Choice::started, Comparator.reverseOrder()))
        .orElse(null);
  }

  private Trial onNode(
      PodInfo pod, NodeInfo node, List<KubeObject> known, ClusterState.Overlaid cluster) {
    List<PodInfo> lower = new ArrayList<>();
    for (PodInfo other : node.pods()) {
      if (other.priority() < pod.priority()) {
        lower.add(other);
      }
    }
    if (lower.isEmpty()) {
      return Trial.failed(Rejection.unresolvable(NO_VICTIMS));
    }
    NodeInfo without = node.copy();
    lower.forEach(other -> without.remove(other.uid()));
    ClusterView changed = cluster.with(without);
    Rejection still = algorithm.check(pod, without, changed);
    if (still != null) {
      return Trial.failed(still);
    }
    lower.sort(IMPORTANCE);
    List<PodInfo> kept = keptByBudgets(lower, known);
    List<PodInfo> inTurn = new ArrayList<>(kept);
    lower.stream().filter(other -> !kept.contains(other)).forEach(inTurn::add);
    List<PodInfo> victims = new ArrayList<>();
    int violations = 0;
    for (PodInfo other : inTurn) {
      without.add(other);
      if (algorithm.check(pod, without, changed) != null) {
        without.remove(other.uid());
        victims.add(other);
        violations += kept.contains(other) ? 1 : 0;
      }
    }
    if (victims.isEmpty()) {
      return Trial.failed(Rejection.unresolvable(NO_VICTIMS));
    }
    victims.sort(IMPORTANCE);
    return new Trial(new Choice(node, victims, violations), Rejection.unresolvable(""));
  }

  /** Those of which a budget allows no more disruption, in their order. */
  private static List<PodInfo> keptByBudgets(List<PodInfo> pods, List<KubeObject> budgets) {
    List<PodInfo> kept = new ArrayList<>();
    Map<String, Integer> allowed = new HashMap<>();
    for (PodInfo pod : pods) {
      boolean violates = false;
      for (KubeObject budget : budgets) {
        if (!budget.namespace().equals(pod.namespace()) || !covers(budget, pod)) {
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
        kept.add(pod);
      }
    }
    return kept;
  }

  /** Whether a budget is about a Pod that it has not let go already. */
  private static boolean covers(KubeObject budget, PodInfo pod) {
    LabelSelector selector = LabelSelector.of(budget.at("spec", "selector"));
    return !pod.labels().isEmpty()
        && !selector.requirements().isEmpty()
        && selector.matches(pod.labels())
        && !budget.at("status", "disruptedPods").has(pod.pod().name());
  }
}
