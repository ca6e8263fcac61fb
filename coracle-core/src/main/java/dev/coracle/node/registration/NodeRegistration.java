package dev.coracle.node.registration;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.inputs.NodeSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers the Node, tells its state, and renews its Lease every ten seconds. */
public final class NodeRegistration implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeRegistration.class);
  private static final Duration RENEW = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofMillis(200);
  private static final Duration STATUS_EVERY = Duration.ofMinutes(5);

  private final NodeConfig config;
  private final NodeSources sources;
  private final int port;
  private Instant statusWritten = Instant.MIN;
  private @Nullable String uid;
  private boolean closed;
  private Clock.@Nullable Timer timer;

  public NodeRegistration(NodeConfig config, NodeSources sources, int port) {
    this.config = config;
    this.sources = sources;
    this.port = port;
    sources.allocatable(resources());
  }

  /** Registers at once and keeps at it; failures are tried again. */
  public void start() {
    beat();
  }

  /** Somebody deleted the Node. */
  public synchronized void registerAgain() {
    if (!closed) {
      uid = null;
      schedule(Duration.ZERO);
    }
  }

  private synchronized void schedule(Duration delay) {
    if (timer != null) {
      timer.cancel();
    }
    if (!closed) {
      timer = config.clock().schedule(delay, this::beat);
    }
  }

  private synchronized void beat() {
    if (closed) {
      return;
    }
    try {
      Instant now = config.clock().instant();
      if (uid == null) {
        register();
        writeStatus(now);
      } else if (!now.isBefore(statusWritten.plus(STATUS_EVERY))) {
        writeStatus(now);
      }
      NodeLease.renew(config.client(), config.nodeName(), String.valueOf(uid), now);
      schedule(RENEW);
    } catch (StatusException e) {
      LOG.debug("node {}: {}", config.nodeName(), e.getMessage());
      schedule(RETRY);
    }
  }

  private void register() {
    KubeObject found = config.client().find(NodeSources.NODES, "", config.nodeName());
    ObjectNode labels = Json.object();
    labels.put("kubernetes.io/hostname", config.nodeName());
    labels.put("kubernetes.io/os", "linux").put("kubernetes.io/arch", architecture());
    labels.put("beta.kubernetes.io/os", "linux").put("beta.kubernetes.io/arch", architecture());
    config.labels().forEach(labels::put);
    if (found == null) {
      ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
      ObjectNode metadata = node.putObject("metadata").put("name", config.nodeName());
      metadata.set("labels", labels);
      metadata
          .putObject("annotations")
          .put("volumes.kubernetes.io/controller-managed-attach-detach", "true");
      ObjectNode spec = node.putObject("spec");
      if (!config.podCidr().isEmpty()) {
        spec.put("podCIDR", config.podCidr()).putArray("podCIDRs").add(config.podCidr());
      }
      node.set("status", status(config.clock().instant()));
      found = config.client().create(NodeSources.NODES, "", node);
    } else {
      ObjectNode patch = Json.object();
      patch.putObject("metadata").set("labels", labels);
      found =
          config
              .client()
              .patch(
                  NodeSources.NODES,
                  "",
                  config.nodeName(),
                  "",
                  PatchType.MERGE,
                  patch,
                  WriteOptions.manager("kubelet"));
    }
    uid = found.uid();
  }

  private void writeStatus(Instant now) {
    ObjectNode patch = Json.object();
    patch.set("status", status(now));
    try {
      KubeObject unused =
          config
              .client()
              .patch(
                  NodeSources.NODES,
                  "",
                  config.nodeName(),
                  "status",
                  PatchType.MERGE,
                  patch,
                  WriteOptions.manager("kubelet"));
      statusWritten = now;
    } catch (StatusException e) {
      if (e.isNotFound()) {
        uid = null;
      }
      throw e;
    }
  }

  private ObjectNode resources() {
    ObjectNode resources = Json.object();
    resources.put("cpu", String.valueOf(Runtime.getRuntime().availableProcessors()));
    resources.put("ephemeral-storage", String.valueOf(storage()));
    resources.put("hugepages-1Gi", "0").put("hugepages-2Mi", "0");
    resources.put("memory", memoryKibibytes() + "Ki");
    resources.put("pods", String.valueOf(config.maxPods()));
    return resources;
  }

  private long storage() {
    try {
      Path at = config.stateDir();
      while (!Files.exists(at) && at.getParent() != null) {
        at = at.getParent();
      }
      return Files.getFileStore(at).getTotalSpace();
    } catch (IOException e) {
      return 0;
    }
  }

  private static long memoryKibibytes() {
    for (String line : lines("/proc/meminfo")) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return Runtime.getRuntime().maxMemory() / 1024;
  }

  private static java.util.List<String> lines(String path) {
    try {
      return Files.readAllLines(Path.of(path));
    } catch (IOException e) {
      return java.util.List.of();
    }
  }

  private static String first(String path) {
    java.util.List<String> lines = lines(path);
    return lines.isEmpty() ? "" : lines.getFirst();
  }

  private static String architecture() {
    return switch (System.getProperty("os.arch", "")) {
      case "aarch64" -> "arm64";
      case "amd64", "x86_64" -> "amd64";
      default -> System.getProperty("os.arch", "");
    };
  }

  private ObjectNode status(Instant now) {
    ObjectNode status = Json.object();
    status
        .putArray("addresses")
        .add(Json.object().put("type", "InternalIP").put("address", config.address()))
        .add(Json.object().put("type", "Hostname").put("address", config.nodeName()));
    status.set("capacity", resources());
    status.set("allocatable", resources());
    String time = Timestamps.seconds(now);
    ArrayNode conditions = status.putArray("conditions");
    condition(
        conditions,
        time,
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available");
    condition(
        conditions,
        time,
        "DiskPressure",
        "False",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure");
    condition(
        conditions,
        time,
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available");
    condition(conditions, time, "Ready", "True", "KubeletReady", "kubelet is posting ready status");
    if (port > 0) {
      status.putObject("daemonEndpoints").putObject("kubeletEndpoint").put("Port", port);
    }
    ObjectNode info = status.putObject("nodeInfo");
    info.put("architecture", architecture());
    info.put("bootID", first("/proc/sys/kernel/random/boot_id"));
    info.put("containerRuntimeVersion", config.runtime().version());
    info.put("kernelVersion", System.getProperty("os.version", ""));
    info.put("kubeProxyVersion", "");
    info.put("kubeletVersion", "v1.36.2");
    info.put("machineID", first("/etc/machine-id"));
    info.put("operatingSystem", "linux");
    info.put("osImage", osImage());
    String product = first("/sys/class/dmi/id/product_uuid");
    info.put("systemUUID", product.isEmpty() ? first("/etc/machine-id") : product);
    return status;
  }

  private String startedAt = "";

  private void condition(
      ArrayNode conditions, String time, String type, String value, String reason, String message) {
    if (startedAt.isEmpty()) {
      startedAt = time;
    }
    conditions
        .addObject()
        .put("type", type)
        .put("status", value)
        .put("lastHeartbeatTime", time)
        .put("lastTransitionTime", startedAt)
        .put("reason", reason)
        .put("message", message);
  }

  private static String osImage() {
    for (String line : lines("/etc/os-release")) {
      if (line.startsWith("PRETTY_NAME=")) {
        return line.substring(12).replace("\"", "");
      }
    }
    return System.getProperty("os.name", "");
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
  }
}
