package dev.coracle.node.runtime.simulated;

import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStats;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.ContainerStatus.State;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.ImageStatus;
import dev.coracle.node.runtime.PortConnection;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.Sandbox;
import dev.coracle.node.runtime.SandboxConfig;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A runtime for scale and operator tests: every container starts at once and runs until it is
 * stopped; init containers succeed at once. Nothing can be executed in them and they write no logs.
 */
public final class SimulatedRuntime implements ContainerRuntime {

  private static final String NOTHING_RUNS =
      "containers of the simulated runtime do not run: use --runtime process";
  private static final AtomicLong IDS = new AtomicLong();

  private final InstantSource clock;
  private final long network;
  private final AtomicLong addresses = new AtomicLong();
  private final ConcurrentHashMap<String, String> sandboxes = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, ContainerStatus> containers = new ConcurrentHashMap<>();
  private final List<Consumer<ContainerStatus>> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param number of this node, from which its Pods' addresses in 10.0.0.0/8 are made
   */
  public SimulatedRuntime(InstantSource clock, int number) {
    this.clock = clock;
    this.network = (10L << 24) | ((long) (number % 65536) << 8);
  }

  @Override
  public String version() {
    return "simulated://1.0.0";
  }

  @Override
  public @Nullable String degraded() {
    return "simulated: Pods turn Ready without running";
  }

  @Override
  public boolean usesVolumes() {
    return false;
  }

  @Override
  public boolean hasPodNetwork() {
    return true;
  }

  @Override
  public void onExit(Consumer<ContainerStatus> listener) {
    listeners.add(listener);
  }

  private static String newId() {
    return String.format(java.util.Locale.ROOT, "%064x", IDS.incrementAndGet());
  }

  @Override
  public Sandbox runSandbox(SandboxConfig config) {
    String id = newId();
    sandboxes.put(id, config.name());
    if (config.hostNetwork()) {
      return new Sandbox(id, List.of());
    }
    long address = network | (1 + addresses.getAndIncrement() % 254);
    return new Sandbox(
        id,
        List.of(
            (address >> 24)
                + "."
                + ((address >> 16) & 255)
                + "."
                + ((address >> 8) & 255)
                + "."
                + (address & 255)));
  }

  @Override
  public void removeSandbox(String sandboxId) {
    sandboxes.remove(sandboxId);
    containers.values().removeIf(container -> container.sandboxId().equals(sandboxId));
  }

  @Override
  public String createContainer(String sandboxId, ContainerConfig config) {
    String id = newId();
    containers.put(
        id,
        new ContainerStatus(id, sandboxId, config.name(), State.CREATED, null, null, 0, 0, "", ""));
    return id;
  }

  @Override
  public void startContainer(String containerId) {
    ContainerStatus unused =
        containers.computeIfPresent(
            containerId,
            (id, c) ->
                new ContainerStatus(
                    id,
                    c.sandboxId(),
                    c.name(),
                    State.RUNNING,
                    clock.instant(),
                    null,
                    0,
                    0,
                    "",
                    ""));
  }

  /** Lets a running container end, as if its process had. */
  public void exit(String containerId, int code) {
    ContainerStatus before = containers.get(containerId);
    if (before == null || before.state() != State.RUNNING) {
      return;
    }
    ContainerStatus ended =
        new ContainerStatus(
            containerId,
            before.sandboxId(),
            before.name(),
            State.EXITED,
            before.startedAt(),
            clock.instant(),
            code,
            code > 128 ? code - 128 : 0,
            code == 0 ? "Completed" : "Error",
            "");
    if (containers.replace(containerId, before, ended)) {
      listeners.forEach(listener -> listener.accept(ended));
    }
  }

  @Override
  public void signal(String containerId, int signal) {
    exit(containerId, 128 + signal);
  }

  @Override
  public void stopContainer(String containerId, Duration grace) {
    exit(containerId, grace.isZero() ? 137 : 0);
  }

  @Override
  public void removeContainer(String containerId) {
    containers.remove(containerId);
  }

  @Override
  public @Nullable ContainerStatus status(String containerId) {
    return containers.get(containerId);
  }

  @Override
  public ContainerStream exec(String containerId, ExecRequest request) {
    throw new RuntimeFailure("NotSupported", NOTHING_RUNS);
  }

  @Override
  public ContainerStream attach(String containerId, boolean stdin, boolean stdout, boolean stderr) {
    throw new RuntimeFailure("NotSupported", NOTHING_RUNS);
  }

  @Override
  public PortConnection connect(String sandboxId, int port) throws IOException {
    throw new IOException(NOTHING_RUNS);
  }

  @Override
  public @Nullable ContainerStats stats(String containerId) {
    return containers.containsKey(containerId)
        ? new ContainerStats(clock.instant(), 0, 0, 0, 0)
        : null;
  }

  @Override
  public ImageStatus imageStatus(String image) {
    return new ImageStatus(image, image, 0);
  }

  @Override
  public ImageStatus pullImage(String image) {
    return imageStatus(image);
  }

  @Override
  public List<String> sandboxes() {
    return List.copyOf(sandboxes.keySet());
  }

  @Override
  public void close() {
    sandboxes.clear();
    containers.clear();
  }
}
