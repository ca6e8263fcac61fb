package dev.coracle.scheduler.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A {@code KubeSchedulerConfiguration} ({@code kubescheduler.config.k8s.io/v1}), defaulted.
 *
 * @param profiles schedulers by name, each with its plugins
 * @param percentageOfNodesToScore of how many nodes that will do one is chosen; 0 for as many as
 *     suits the size of the cluster
 * @param initialBackoff of a Pod that did not fit
 * @param maxBackoff the longest
 */
public record SchedulerConfiguration(
    List<Profile> profiles,
    int percentageOfNodesToScore,
    Duration initialBackoff,
    Duration maxBackoff) {

  public static final String DEFAULT_NAME = "default-scheduler";

  /** One scheduler with all default plugins. */
  public static final SchedulerConfiguration DEFAULT =
      new SchedulerConfiguration(
          List.of(Profile.standard(DEFAULT_NAME)),
          0,
          Duration.ofSeconds(1),
          Duration.ofSeconds(10));

  /** A plugin that scores, and how much that counts. */
  public record Weighted(String plugin, int weight) {}

  /**
   * A scheduler.
   *
   * @param name as {@code spec.schedulerName} of Pods has it
   * @param plugins by extension point, in the order of their turns
   * @param percentageOfNodesToScore its own; -1 for that of all
   */
  public record Profile(
      String name,
      Map<Point, List<Weighted>> plugins,
      int percentageOfNodesToScore,
      PluginArgs args) {

    /** All default plugins with their defaults. */
    static Profile standard(String name) {
      Map<Point, List<Weighted>> plugins = new EnumMap<>(Point.class);
      Point.PLUGINS.forEach(
          (plugin, points) -> {
            for (Point point : points) {
              int weight = Point.WEIGHTS.getOrDefault(plugin, 0);
              plugins
                  .computeIfAbsent(point, key -> new ArrayList<>())
                  .add(new Weighted(plugin, weight));
            }
          });
      return new Profile(name, plugins, -1, PluginArgs.DEFAULT);
    }

    /** The plugins of a point, in their order. */
    public List<Weighted> at(Point point) {
      return plugins.getOrDefault(point, List.of());
    }

    public boolean has(Point point, String plugin) {
      return at(point).stream().anyMatch(each -> each.plugin().equals(plugin));
    }
  }

  /**
   * @throws IllegalArgumentException with a sentence when it cannot be read or asks for what is not
   *     there
   */
  public static SchedulerConfiguration read(Path file) {
    return ConfigurationReader.read(file);
  }
}
