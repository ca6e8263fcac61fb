package dev.coracle.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The arguments of the plugins of a profile.
 *
 * @param balanced the resources that {@code NodeResourcesBalancedAllocation} compares
 * @param hardPodAffinityWeight how much a Pod that must be near the one to place draws it
 * @param ignorePreferredTermsOfExistingPods whether only the wishes of the Pod to place count
 * @param addedAffinity a node affinity that every Pod of the profile has beside its own; missing
 *     for none
 * @param bindTimeout how long a Pod waits for its volumes
 */
public record PluginArgs(
    Fit fit,
    List<ResourceWeight> balanced,
    Spread spread,
    int hardPodAffinityWeight,
    boolean ignorePreferredTermsOfExistingPods,
    JsonNode addedAffinity,
    Candidates candidates,
    Duration bindTimeout) {

  private static final List<ResourceWeight> CPU_AND_MEMORY =
      List.of(new ResourceWeight("cpu", 1), new ResourceWeight("memory", 1));

  /** What holds without a configuration. */
  public static final PluginArgs DEFAULT =
      new PluginArgs(
          new Fit(Set.of(), Set.of(), new Strategy(StrategyType.LEAST, CPU_AND_MEMORY, List.of())),
          CPU_AND_MEMORY,
          Spread.SYSTEM,
          1,
          false,
          MissingNode.getInstance(),
          new Candidates(10, 100),
          Duration.ofMinutes(10));

  /** A resource and how much it counts. */
  public record ResourceWeight(String name, int weight) {}

  /** Which nodes {@code NodeResourcesFit} prefers. */
  public enum StrategyType {
    LEAST("LeastAllocated"),
    MOST("MostAllocated"),
    RATIO("RequestedToCapacityRatio");

    private final String word;

    StrategyType(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /**
   * A point of a function of utilization.
   *
   * @param utilization 0 to 100
   * @param score 0 to 10
   */
  public record ShapePoint(int utilization, int score) {}

  /**
   * @param shape of {@link StrategyType#RATIO}; empty for the others
   */
  public record Strategy(
      StrategyType type, List<ResourceWeight> resources, List<ShapePoint> shape) {}

  /**
   * @param ignored names of extended resources that do not filter
   * @param ignoredGroups the parts before their slash
   */
  public record Fit(Set<String> ignored, Set<String> ignoredGroups, Strategy strategy) {}

  /**
   * How Pods spread that do not say.
   *
   * @param system whether nodes without one of the labels count as well
   * @param constraints as in a Pod, without selectors
   */
  public record Spread(boolean system, List<DefaultConstraint> constraints) {

    static final Spread SYSTEM =
        new Spread(
            true,
            List.of(
                DefaultConstraint.system("kubernetes.io/hostname", 3),
                DefaultConstraint.system("topology.kubernetes.io/zone", 5)));
  }

  /** One of them. */
  public record DefaultConstraint(
      String topologyKey,
      int maxSkew,
      String whenUnsatisfiable,
      int minDomains,
      boolean honorAffinity,
      boolean honorTaints) {

    private static DefaultConstraint system(String key, int maxSkew) {
      return new DefaultConstraint(key, maxSkew, "ScheduleAnyway", 1, true, false);
    }
  }

  /** How many nodes preemption looks at before it chooses. */
  public record Candidates(int percentage, int absolute) {}
}
