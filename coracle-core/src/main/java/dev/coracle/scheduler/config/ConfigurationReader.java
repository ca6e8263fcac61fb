package dev.coracle.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Yaml;
import dev.coracle.scheduler.config.SchedulerConfiguration.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads a {@code KubeSchedulerConfiguration} as kube-scheduler does: strictly. */
final class ConfigurationReader {

  private static final String VERSION = "kubescheduler.config.k8s.io/v1";
  private static final String KIND = "KubeSchedulerConfiguration";
  private static final Set<String> FIELDS =
      Set.of(
          "apiVersion",
          "kind",
          "parallelism",
          "leaderElection",
          "clientConnection",
          "enableProfiling",
          "enableContentionProfiling",
          "percentageOfNodesToScore",
          "podInitialBackoffSeconds",
          "podMaxBackoffSeconds",
          "profiles",
          "extenders",
          "delayCacheUntilActive");
  private static final Set<String> PROFILE_FIELDS =
      Set.of("schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig");

  private ConfigurationReader() {}

  static SchedulerConfiguration read(Path file) {
    JsonNode root;
    try {
      root = Yaml.read(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("open " + file + ": no such file or directory", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("can't read " + file + ": " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
    try {
      return read(root);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  private static SchedulerConfiguration read(JsonNode root) {
    String version = root.path("apiVersion").asText("");
    String kind = root.path("kind").asText("");
    if (!kind.equals(KIND) || !version.equals(VERSION)) {
      throw new IllegalArgumentException(
          "no kind \"" + kind + "\" is registered for version \"" + version + "\"");
    }
    Fields fields = new Fields(root, "", FIELDS);
    if (fields.number("parallelism", 16) <= 0) {
      throw fields.invalid(
          "parallelism",
          fields.number("parallelism", 16),
          "should be an integer value greater than zero");
    }
    if (fields.get("extenders").size() > 0) {
      throw new IllegalArgumentException("extenders: not supported by this scheduler");
    }
    int initial = fields.number("podInitialBackoffSeconds", 1);
    int most = fields.number("podMaxBackoffSeconds", 10);
    if (initial <= 0) {
      throw fields.invalid("podInitialBackoffSeconds", initial, "must be greater than 0");
    }
    if (most < initial) {
      throw fields.invalid(
          "podMaxBackoffSeconds",
          most,
          "must be greater than or equal to PodInitialBackoffSeconds");
    }
    return new SchedulerConfiguration(
        profiles(fields.list("profiles", PROFILE_FIELDS)),
        percentage(fields, 0),
        Duration.ofSeconds(initial),
        Duration.ofSeconds(most));
  }

  private static int percentage(Fields fields, int otherwise) {
    if (!fields.has("percentageOfNodesToScore")) {
      return otherwise;
    }
    return fields.number("percentageOfNodesToScore", 0, 0, 100);
  }

  private static List<Profile> profiles(List<Fields> all) {
    if (all.isEmpty()) {
      return SchedulerConfiguration.DEFAULT.profiles();
    }
    List<Profile> profiles = new ArrayList<>();
    Map<String, Integer> places = new HashMap<>();
    for (Fields fields : all) {
      String name =
          fields.text("schedulerName", all.size() == 1 ? SchedulerConfiguration.DEFAULT_NAME : "");
      if (name.isEmpty()) {
        throw fields.required("schedulerName", "");
      }
      Integer before = places.put(name, profiles.size());
      if (before != null) {
        throw new IllegalArgumentException(
            fields.at("schedulerName")
                + ": Duplicate value: \"profiles["
                + before
                + "].schedulerName\"");
      }
      profiles.add(
          new Profile(
              name,
              PluginSets.read(fields, name),
              percentage(fields, -1),
              ArgsReader.read(fields)));
    }
    return List.copyOf(profiles);
  }
}
