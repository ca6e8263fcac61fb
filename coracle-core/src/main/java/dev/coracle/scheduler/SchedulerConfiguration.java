package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The profiles of a {@code KubeSchedulerConfiguration} ({@code kubescheduler.config.k8s.io/v1}):
 * schedulers by name, each with its plugins and their weights. Arguments of plugins have their
 * defaults.
 */
public record SchedulerConfiguration(List<Profile> profiles) {

  static final String DEFAULT_NAME = "default-scheduler";

  /** One scheduler with all default plugins. */
  public static final SchedulerConfiguration DEFAULT =
      new SchedulerConfiguration(
          List.of(new Profile(DEFAULT_NAME, Set.of(), Set.of(), true, Map.of())));

  /**
   * A scheduler.
   *
   * @param name as {@code spec.schedulerName} of Pods has it
   * @param filtersOff the plugins that do not filter
   * @param scoresOff the plugins that do not score
   * @param preempts whether its Pods may take the place of others
   * @param weights of scores, where they are not the usual ones
   */
  public record Profile(
      String name,
      Set<String> filtersOff,
      Set<String> scoresOff,
      boolean preempts,
      Map<String, Integer> weights) {}

  /**
   * @throws IllegalArgumentException with a sentence when it cannot be read or asks for what is not
   *     there
   */
  public static SchedulerConfiguration read(Path file) {
    JsonNode root;
    try {
      root = Yaml.read(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new IllegalArgumentException("can't read " + file + ": " + e.getMessage(), e);
    }
    if (!root.path("kind").asText().equals("KubeSchedulerConfiguration")
        || !root.path("apiVersion").asText().equals("kubescheduler.config.k8s.io/v1")) {
      throw new IllegalArgumentException(
          file + " is no KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1");
    }
    if (root.path("extenders").size() > 0) {
      throw new IllegalArgumentException(file + ": extenders are not supported");
    }
    List<Profile> profiles = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (JsonNode each : root.path("profiles")) {
      Profile profile = profile(file, each);
      if (!names.add(profile.name())) {
        throw new IllegalArgumentException(
            file + ": profiles: Duplicate value: \"" + profile.name() + "\"");
      }
      profiles.add(profile);
    }
    return profiles.isEmpty() ? DEFAULT : new SchedulerConfiguration(List.copyOf(profiles));
  }

  private static Profile profile(Path file, JsonNode profile) {
    String name = profile.path("schedulerName").asText(DEFAULT_NAME);
    if (profile.path("pluginConfig").size() > 0) {
      throw new IllegalArgumentException(
          file + ": profile " + name + ": pluginConfig is not supported");
    }
    JsonNode plugins = profile.path("plugins");
    Map<String, Integer> weights = new HashMap<>();
    Set<String> filtersOff = off(file, plugins, "filter", weights);
    Set<String> scoresOff = off(file, plugins, "score", weights);
    boolean preempts = !off(file, plugins, "postFilter", weights).contains("DefaultPreemption");
    return new Profile(name, filtersOff, scoresOff, preempts, Map.copyOf(weights));
  }

  /** What a point leaves out: by its own list, which goes before that of all points. */
  private static Set<String> off(
      Path file, JsonNode plugins, String point, Map<String, Integer> weights) {
    Set<String> off = new HashSet<>();
    for (String list : List.of("multiPoint", point)) {
      for (JsonNode each : plugins.path(list).path("disabled")) {
        String name = each.path("name").asText();
        if (name.equals("*")) {
          off.addAll(Algorithm.PLUGINS);
        } else {
          off.add(known(file, name));
        }
      }
      for (JsonNode each : plugins.path(list).path("enabled")) {
        String name = known(file, each.path("name").asText());
        off.remove(name);
        int weight = each.path("weight").asInt();
        if (weight > 0 && !point.equals("postFilter")) {
          weights.put(name, weight);
        }
      }
    }
    return Set.copyOf(off);
  }

  private static String known(Path file, String name) {
    if (!Algorithm.PLUGINS.contains(name)) {
      throw new IllegalArgumentException(file + ": plugin \"" + name + "\" does not exist");
    }
    return name;
  }
}
