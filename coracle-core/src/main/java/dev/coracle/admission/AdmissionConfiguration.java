package dev.coracle.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The file of {@code --admission-control-config-file} ({@code apiserver.config.k8s.io/v1
 * AdmissionConfiguration}): by plugin, its configuration, written there or in a file of its own.
 */
public final class AdmissionConfiguration {

  public static final AdmissionConfiguration NONE = new AdmissionConfiguration(Map.of());

  private static final Map<String, String> KINDS =
      Map.of(
          "PodSecurity",
          "pod-security.admission.config.k8s.io/v1, Kind=PodSecurityConfiguration",
          "ResourceQuota",
          "apiserver.config.k8s.io/v1, Kind=ResourceQuotaConfiguration");

  private final Map<String, JsonNode> plugins;

  private AdmissionConfiguration(Map<String, JsonNode> plugins) {
    this.plugins = Map.copyOf(plugins);
  }

  /**
   * @throws IllegalArgumentException when the file or one that it names cannot be used
   */
  public static AdmissionConfiguration read(Path file) {
    JsonNode tree = yaml(file);
    String kind = kind(tree);
    if (!kind.equals("apiserver.config.k8s.io/v1, Kind=AdmissionConfiguration")
        && !kind.equals("apiserver.k8s.io/v1alpha1, Kind=AdmissionConfiguration")
        && !kind.equals("apiserver.config.k8s.io/v1alpha1, Kind=AdmissionConfiguration")) {
      throw new IllegalArgumentException(
          "unable to read admission control configuration from \""
              + file
              + "\" [no kind \""
              + tree.path("kind").asText("")
              + "\" is registered for version \""
              + tree.path("apiVersion").asText("")
              + "\"]");
    }
    Map<String, JsonNode> plugins = new HashMap<>();
    for (JsonNode plugin : tree.path("plugins")) {
      String name = plugin.path("name").asText("");
      String path = plugin.path("path").asText("");
      JsonNode configuration =
          path.isEmpty() ? plugin.path("configuration") : yaml(file.resolveSibling(path));
      String wanted = KINDS.get(name);
      if (wanted != null && !kind(configuration).equals(wanted)) {
        throw new IllegalArgumentException(
            "couldn't init admission plugin \""
                + name
                + "\": its configuration must be a "
                + wanted
                + ", not "
                + kind(configuration));
      }
      plugins.put(name, configuration);
    }
    return new AdmissionConfiguration(plugins);
  }

  private static JsonNode yaml(Path file) {
    try {
      return Yaml.read(Files.readAllBytes(file));
    } catch (IOException | IllegalArgumentException e) {
      String why =
          e instanceof NoSuchFileException
              ? "open " + file + ": no such file or directory"
              : String.valueOf(e.getMessage());
      throw new IllegalArgumentException(
          "unable to read admission control configuration from \"" + file + "\" [" + why + "]", e);
    }
  }

  private static String kind(JsonNode tree) {
    return tree.path("apiVersion").asText("") + ", Kind=" + tree.path("kind").asText("");
  }

  /** The configuration of a plugin; missing when there is none. */
  public JsonNode of(String plugin) {
    return plugins.getOrDefault(plugin, MissingNode.getInstance());
  }
}
