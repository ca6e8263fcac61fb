package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.node.downward.Environment;
import dev.coracle.node.downward.Expansion;
import dev.coracle.node.downward.ServiceVariables;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.inputs.NodeSources;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.Mount;
import dev.coracle.node.runtime.PortMapping;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.SandboxConfig;
import dev.coracle.node.runtime.SecurityOptions;
import dev.coracle.node.volumes.PodVolumes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns a Pod's spec into what a runtime is told. */
public final class ContainerConfigs {

  private static final int LONGEST_HOSTNAME = 64;
  private static final String CONFIG_ERROR = "CreateContainerConfigError";

  private final NodeConfig node;
  private final NodeSources sources;

  public ContainerConfigs(NodeConfig node, NodeSources sources) {
    this.node = node;
    this.sources = sources;
  }

  Path podDirectory(KubeObject pod) {
    return node.stateDir().resolve("pods").resolve(pod.uid());
  }

  Path logDirectory(KubeObject pod) {
    return node.stateDir()
        .resolve("logs")
        .resolve(pod.namespace() + "_" + pod.name() + "_" + pod.uid());
  }

  public Path log(KubeObject pod, String container, int attempt) {
    return logDirectory(pod).resolve(container).resolve(attempt + ".log");
  }

  static boolean usesHostNetwork(JsonNode pod) {
    return pod.path("spec").path("hostNetwork").asBoolean();
  }

  static String hostname(JsonNode pod) {
    String override = pod.path("spec").path("hostnameOverride").asText("");
    if (!override.isEmpty()) {
      return override;
    }
    String wanted = pod.path("spec").path("hostname").asText("");
    String name = wanted.isEmpty() ? pod.path("metadata").path("name").asText() : wanted;
    if (name.length() > 63) {
      name = name.substring(0, 63).replaceAll("[-.]+$", "");
    }
    return name;
  }

  SandboxConfig sandbox(KubeObject object, JsonNode pod) {
    JsonNode spec = pod.path("spec");
    List<String> aliases = new ArrayList<>();
    for (JsonNode alias : spec.path("hostAliases")) {
      List<String> names = new ArrayList<>();
      alias.path("hostnames").forEach(name -> names.add(name.asText()));
      aliases.add(alias.path("ip").asText() + "\t" + String.join("\t", names));
    }
    Map<String, String> sysctls = new LinkedHashMap<>();
    spec.path("securityContext")
        .path("sysctls")
        .forEach(s -> sysctls.put(s.path("name").asText(), s.path("value").asText()));
    return new SandboxConfig(
        object.uid(),
        object.namespace(),
        object.name(),
        hostname(pod),
        domain(pod),
        fullHostname(pod),
        podDirectory(object),
        usesHostNetwork(pod),
        spec.path("hostPID").asBoolean(),
        spec.path("hostIPC").asBoolean(),
        spec.path("shareProcessNamespace").asBoolean(),
        dns(object.namespace(), spec),
        aliases,
        sysctls,
        hostPorts(spec),
        resources(spec, 0));
  }

  /** Of the containers that run as long as the Pod. */
  private static List<PortMapping> hostPorts(JsonNode spec) {
    List<PortMapping> ports = new ArrayList<>();
    for (JsonNode container : spec.path("initContainers")) {
      if (container.path("restartPolicy").asText("").equals("Always")) {
        addHostPorts(container, ports);
      }
    }
    spec.path("containers").forEach(container -> addHostPorts(container, ports));
    return ports;
  }

  private static void addHostPorts(JsonNode container, List<PortMapping> into) {
    for (JsonNode port : container.path("ports")) {
      if (port.path("hostPort").asInt() > 0) {
        into.add(
            new PortMapping(
                port.path("hostIP").asText(""),
                port.path("protocol").asText("TCP"),
                port.path("hostPort").asInt(),
                port.path("containerPort").asInt()));
      }
    }
  }

  private String domain(JsonNode pod) {
    JsonNode spec = pod.path("spec");
    String subdomain = spec.path("subdomain").asText("");
    return subdomain.isEmpty() || !spec.path("hostnameOverride").asText("").isEmpty()
        ? ""
        : subdomain
            + "."
            + pod.path("metadata").path("namespace").asText()
            + ".svc."
            + node.clusterDomain();
  }

  /**
   * What the kernel takes for the host's name, with a domain if the Pod wants that.
   *
   * @throws RuntimeFailure when that is longer than the kernel takes
   */
  private String fullHostname(JsonNode pod) {
    String name = hostname(pod);
    String domain = domain(pod);
    if (!pod.path("spec").path("setHostnameAsFQDN").asBoolean() || domain.isEmpty()) {
      return name;
    }
    String full = name + "." + domain;
    if (full.length() > LONGEST_HOSTNAME) {
      throw new RuntimeFailure(
          "CreatePodSandboxError",
          "Failed to construct FQDN from Pod hostname and cluster domain, FQDN "
              + full
              + " is too long ("
              + LONGEST_HOSTNAME
              + " characters is the max, "
              + full.length()
              + " characters requested)");
    }
    return full;
  }

  private DnsConfig dns(String namespace, JsonNode spec) {
    String policy = spec.path("dnsPolicy").asText("ClusterFirst");
    boolean cluster =
        policy.equals("ClusterFirstWithHostNet")
            || (policy.equals("ClusterFirst") && !spec.path("hostNetwork").asBoolean());
    DnsConfig base = DnsConfig.NONE;
    if (cluster && !node.dns().servers().isEmpty()) {
      String domain = node.clusterDomain();
      List<String> searches = new ArrayList<>();
      searches.add(namespace + ".svc." + domain);
      searches.add("svc." + domain);
      searches.add(domain);
      searches.addAll(node.dns().searches());
      List<String> options =
          node.dns().options().isEmpty() ? List.of("ndots:5") : node.dns().options();
      base = new DnsConfig(node.dns().servers(), searches, options);
    }
    JsonNode own = spec.path("dnsConfig");
    if (!own.isObject()) {
      return base;
    }
    List<String> servers = new ArrayList<>(base.servers());
    List<String> searches = new ArrayList<>(base.searches());
    List<String> options = new ArrayList<>(base.options());
    own.path("nameservers").forEach(server -> addOnce(servers, server.asText()));
    own.path("searches").forEach(search -> addOnce(searches, search.asText()));
    for (JsonNode option : own.path("options")) {
      String name = option.path("name").asText();
      options.removeIf(o -> o.equals(name) || o.startsWith(name + ":"));
      options.add(option.has("value") ? name + ":" + option.path("value").asText() : name);
    }
    return new DnsConfig(servers, searches, options);
  }

  private static void addOnce(List<String> list, String value) {
    if (!list.contains(value)) {
      list.add(value);
    }
  }

  /**
   * @param pod with its addresses
   * @param target id of the running container whose processes it shall see; empty for none
   * @throws RuntimeFailure with the reason for a waiting container
   */
  ContainerConfig container(
      KubeObject object, JsonNode pod, ContainerRecord record, PodVolumes volumes, String target) {
    JsonNode container = record.spec;
    Map<String, String> environment;
    try {
      environment =
          Environment.of(
              pod,
              container,
              usesHostNetwork(pod) ? node.nodeName() : fullHostname(pod),
              sources.allocatable(),
              serviceVariables(object, pod),
              new Environment.Lookup() {
                @Override
                public @Nullable KubeObject configMap(String name) {
                  return sources.configMap(object.namespace(), name);
                }

                @Override
                public @Nullable KubeObject secret(String name) {
                  return sources.secret(object.namespace(), name);
                }

                @Override
                public @Nullable Path volume(String name) {
                  return volumes.path(name);
                }
              });
    } catch (Environment.MissingException | IllegalArgumentException e) {
      throw new RuntimeFailure(CONFIG_ERROR, String.valueOf(e.getMessage()));
    }
    try {
      return new ContainerConfig(
          record.name,
          record.attempts,
          container.path("image").asText(),
          Environment.command(container, environment),
          Environment.lines(environment),
          container.path("workingDir").asText(""),
          node.runtime().usesVolumes() ? mounts(container, environment, volumes) : List.of(),
          security(pod, container),
          node.runtime().usesVolumes() ? terminationMessage(object, record) : null,
          container.path("terminationMessagePath").asText("/dev/termination-log"),
          log(object, record.name, record.attempts),
          container.path("stdin").asBoolean(),
          container.path("stdinOnce").asBoolean(),
          container.path("tty").asBoolean(),
          resources(
              container,
              OutOfMemoryScore.of(pod, container, bytes(sources.allocatable().path("memory")))),
          container.path("lifecycle").path("stopSignal").asText(""),
          target);
    } catch (IOException e) {
      throw new RuntimeFailure(CONFIG_ERROR, String.valueOf(e.getMessage()));
    }
  }

  private Map<String, String> serviceVariables(KubeObject object, JsonNode pod) {
    Map<String, String> variables =
        sources.serviceVariables(
            object.namespace(), pod.path("spec").path("enableServiceLinks").asBoolean(true));
    InetSocketAddress direct = node.apiServer();
    if (direct != null && (usesHostNetwork(pod) || !node.runtime().hasPodNetwork())) {
      ServiceVariables.reachKubernetesAt(variables, direct.getHostString(), direct.getPort());
    }
    return variables;
  }

  /**
   * @param holder a container, or the spec of a Pod
   */
  static ContainerResources resources(JsonNode holder, int outOfMemoryScore) {
    JsonNode resources = holder.path("resources");
    return new ContainerResources(
        memoryLimit(resources),
        milli(resources.path("limits").path("cpu")),
        milli(resources.path("requests").path("cpu")),
        outOfMemoryScore);
  }

  /** The limit of memory that a container's resources set, in bytes; 0 for none. */
  static long memoryLimit(JsonNode resources) {
    return bytes(resources.path("limits").path("memory"));
  }

  private static long bytes(JsonNode quantity) {
    return quantity.isMissingNode() ? 0 : Quantity.of(quantity).longValue();
  }

  private static long milli(JsonNode quantity) {
    return quantity.isMissingNode() ? 0 : Quantity.of(quantity).milliValue();
  }

  Path terminationFile(KubeObject pod, String container, int attempt) {
    return podDirectory(pod).resolve("containers").resolve(container).resolve("message" + attempt);
  }

  private Path terminationMessage(KubeObject pod, ContainerRecord record) throws IOException {
    Path file = terminationFile(pod, record.name, record.attempts);
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[0]);
    try {
      Files.setPosixFilePermissions(
          file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw-rw-"));
    } catch (UnsupportedOperationException e) {
      return file;
    }
    return file;
  }

  private static List<Mount> mounts(
      JsonNode container, Map<String, String> environment, PodVolumes volumes) throws IOException {
    List<Mount> mounts = new ArrayList<>();
    for (JsonNode mount : container.path("volumeMounts")) {
      String name = mount.path("name").asText();
      Path volume = volumes.path(name);
      if (volume == null) {
        throw new RuntimeFailure(CONFIG_ERROR, "cannot find volume \"" + name + "\" to mount");
      }
      String expression = mount.path("subPathExpr").asText("");
      String subPath =
          expression.isEmpty()
              ? mount.path("subPath").asText("")
              : Expansion.expand(expression, environment);
      mounts.add(
          new Mount(
              subPath.isEmpty() ? volume : subPath(volume, subPath),
              mount.path("mountPath").asText(),
              mount.path("readOnly").asBoolean() || volumes.isReadOnly(name),
              mount.path("mountPropagation").asText("None")));
    }
    return mounts;
  }

  /**
   * A path below a volume. What runs in the Pod can put symbolic links there, so each step is
   * looked at before the next one is taken, and nothing is made through a link that leaves the
   * volume.
   */
  static Path subPath(Path volume, String subPath) throws IOException {
    Path root = volume.toRealPath();
    Path wanted = root.resolve(subPath).normalize();
    if (!wanted.startsWith(root)) {
      throw leavesVolume(subPath);
    }
    Path real = root;
    for (Path step : root.relativize(wanted)) {
      if (step.toString().isEmpty()) {
        continue;
      }
      Path next = real.resolve(step);
      if (!Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(next);
        Files.setPosixFilePermissions(next, Files.getPosixFilePermissions(root));
      }
      real = next.toRealPath();
      if (!real.startsWith(root)) {
        throw leavesVolume(subPath);
      }
    }
    return real;
  }

  private static RuntimeFailure leavesVolume(String subPath) {
    return new RuntimeFailure(CONFIG_ERROR, "subPath \"" + subPath + "\" leaves its volume");
  }

  private static SecurityOptions security(JsonNode pod, JsonNode container) {
    JsonNode own = container.path("securityContext");
    JsonNode shared = pod.path("spec").path("securityContext");
    long user = first(own, shared, "runAsUser").asLong(0);
    long group = first(own, shared, "runAsGroup").asLong(0);
    if (first(own, shared, "runAsNonRoot").asBoolean() && user == 0) {
      throw new RuntimeFailure(
          CONFIG_ERROR,
          "container has runAsNonRoot and image will run as root (pod: \""
              + identity(pod)
              + "\", container: "
              + container.path("name").asText()
              + ")");
    }
    List<Long> groups = new ArrayList<>();
    shared.path("supplementalGroups").forEach(id -> groups.add(id.asLong()));
    if (shared.path("fsGroup").isNumber()) {
      groups.add(shared.path("fsGroup").asLong());
    }
    return new SecurityOptions(
        user,
        group,
        groups,
        own.path("privileged").asBoolean(),
        own.has("allowPrivilegeEscalation") && !own.path("allowPrivilegeEscalation").asBoolean(),
        own.path("readOnlyRootFilesystem").asBoolean(),
        texts(own.path("capabilities").path("add")),
        texts(own.path("capabilities").path("drop")));
  }

  private static String identity(JsonNode pod) {
    JsonNode metadata = pod.path("metadata");
    return PodContext.identity(
        metadata.path("name").asText(),
        metadata.path("namespace").asText(),
        metadata.path("uid").asText());
  }

  private static JsonNode first(JsonNode own, JsonNode shared, String field) {
    return own.has(field) ? own.path(field) : shared.path(field);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** Names and files of a Pod's containers, for those who read logs. */
  static Map<String, JsonNode> containers(JsonNode pod) {
    Map<String, JsonNode> containers = new LinkedHashMap<>();
    for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
      pod.path("spec").path(list).forEach(c -> containers.put(c.path("name").asText(), c));
    }
    return containers;
  }
}
