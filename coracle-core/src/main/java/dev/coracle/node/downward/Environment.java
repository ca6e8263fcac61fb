package dev.coracle.node.downward;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A container's environment and its command, as the Pod says. */
public final class Environment {

  /** The PATH of a container that sets none. */
  public static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** Looks configuration up in the Pod's namespace; null for "not found". */
  public interface Lookup {
    @Nullable KubeObject configMap(String name);

    @Nullable KubeObject secret(String name);

    /** Where a volume of the Pod is. */
    default @Nullable Path volume(String name) {
      return null;
    }
  }

  /** The Pod refers to something that is not there. */
  public static final class MissingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MissingException(String message) {
      super(message, null, false, false);
    }
  }

  private final Map<String, String> services;
  private final Map<String, String> result = new LinkedHashMap<>();
  private final JsonNode pod;
  private final JsonNode container;
  private final JsonNode allocatable;
  private final Lookup lookup;

  private Environment(
      JsonNode pod,
      JsonNode container,
      JsonNode allocatable,
      Map<String, String> services,
      Lookup lookup) {
    this.pod = pod;
    this.container = container;
    this.allocatable = allocatable;
    this.services = services;
    this.lookup = lookup;
  }

  /**
   * The variables of a container, complete.
   *
   * @param services the Service variables
   * @throws MissingException with a message such as {@code configmap "x" not found}
   */
  public static Map<String, String> of(
      JsonNode pod,
      JsonNode container,
      String hostname,
      JsonNode allocatable,
      Map<String, String> services,
      Lookup lookup) {
    Environment environment = new Environment(pod, container, allocatable, services, lookup);
    environment.addFrom();
    environment.addEach();
    Map<String, String> all = new LinkedHashMap<>();
    all.put("PATH", PATH);
    all.put("HOSTNAME", hostname);
    all.putAll(services);
    all.putAll(environment.result);
    return all;
  }

  private void addFrom() {
    for (JsonNode from : container.path("envFrom")) {
      String prefix = from.path("prefix").asText("");
      JsonNode map = from.path("configMapRef");
      boolean isSecret = map.isMissingNode();
      JsonNode reference = isSecret ? from.path("secretRef") : map;
      KubeObject source = source(isSecret, reference);
      if (source != null) {
        new TreeMap<>(data(source)).forEach((key, value) -> result.put(prefix + key, value));
      }
    }
  }

  private @Nullable KubeObject source(boolean isSecret, JsonNode reference) {
    String name = reference.path("name").asText("");
    KubeObject found = isSecret ? lookup.secret(name) : lookup.configMap(name);
    if (found == null && !reference.path("optional").asBoolean()) {
      throw new MissingException(
          (isSecret ? "secret" : "configmap") + " \"" + name + "\" not found");
    }
    return found;
  }

  private static Map<String, String> data(KubeObject source) {
    boolean secret = source.kind().equals("Secret");
    Map<String, String> data = new LinkedHashMap<>();
    source
        .at("data")
        .properties()
        .forEach(
            entry -> {
              String text = entry.getValue().asText();
              data.put(
                  entry.getKey(),
                  secret
                      ? new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8)
                      : text);
            });
    return data;
  }

  private void addEach() {
    for (JsonNode variable : container.path("env")) {
      String name = variable.path("name").asText();
      JsonNode from = variable.path("valueFrom");
      if (from.isObject()) {
        String value = value(name, from);
        if (value != null) {
          result.put(name, value);
        }
      } else {
        Map<String, String> known = new LinkedHashMap<>(services);
        known.putAll(result);
        result.put(name, Expansion.expand(variable.path("value").asText(""), known));
      }
    }
  }

  private @Nullable String value(String name, JsonNode from) {
    JsonNode field = from.path("fieldRef");
    if (field.isObject()) {
      return DownwardApi.field(pod, field.path("fieldPath").asText());
    }
    JsonNode resource = from.path("resourceFieldRef");
    if (resource.isObject()) {
      String other = resource.path("containerName").asText("");
      return DownwardApi.resource(
          other.isEmpty() ? container : DownwardApi.container(pod, other),
          resource.path("resource").asText(),
          resource.path("divisor"),
          DownwardApi.limits(pod, allocatable));
    }
    if (from.has("fileKeyRef")) {
      return fromFile(from.path("fileKeyRef"));
    }
    boolean isSecret = from.has("secretKeyRef");
    JsonNode reference = isSecret ? from.path("secretKeyRef") : from.path("configMapKeyRef");
    if (!reference.isObject()) {
      throw new MissingException("unsupported source of environment variable " + name);
    }
    KubeObject source = source(isSecret, reference);
    if (source == null) {
      return null;
    }
    String key = reference.path("key").asText();
    String value = data(source).get(key);
    if (value == null && !reference.path("optional").asBoolean()) {
      throw new MissingException(
          "couldn't find key "
              + key
              + " in "
              + (isSecret ? "Secret " : "ConfigMap ")
              + source.namespace()
              + "/"
              + source.name());
    }
    return value;
  }

  private @Nullable String fromFile(JsonNode reference) {
    String name = reference.path("volumeName").asText();
    Path volume = lookup.volume(name);
    if (volume == null) {
      throw new MissingException(
          "cannot find the volume \"" + name + "\" referenced by FileKeyRef");
    }
    String key = reference.path("key").asText();
    String value;
    try {
      value = EnvironmentFile.read(volume, reference.path("path").asText()).get(key);
    } catch (IOException e) {
      // Not what is in it: that may be a secret.
      throw new MissingException("couldn't parse env file");
    }
    if (value == null && !reference.path("optional").asBoolean()) {
      throw new MissingException("environment variable key \"" + key + "\" not found in file");
    }
    return value;
  }

  /** The entrypoint and its arguments, expanded; arguments alone are a command of their own. */
  public static List<String> command(JsonNode container, Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    for (String part : new String[] {"command", "args"}) {
      for (JsonNode word : container.path(part)) {
        command.add(Expansion.expand(word.asText(), environment));
      }
    }
    return command;
  }

  /** As processes get it. */
  public static List<String> lines(Map<String, String> environment) {
    List<String> lines = new ArrayList<>(environment.size());
    environment.forEach((name, value) -> lines.add(name + "=" + value));
    return lines;
  }
}
