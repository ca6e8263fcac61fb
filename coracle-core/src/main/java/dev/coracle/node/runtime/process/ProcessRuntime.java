package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.Errno;
import dev.coracle.node.linux.EventLoop;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.Pump;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStats;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.ImageStatus;
import dev.coracle.node.runtime.PodNetwork;
import dev.coracle.node.runtime.PortConnection;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.Sandbox;
import dev.coracle.node.runtime.SandboxConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Containers as processes of this host; see the package's description. */
public final class ProcessRuntime implements ContainerRuntime {

  private final Path directory;
  private final @Nullable PodNetwork network;
  private final InstantSource clock;
  private final @Nullable String noRights;
  private final EventLoop loop;
  private final SandboxStart sandboxStart;
  private final ContainerStart starting;
  private final ContainerExec executing;
  private final ConcurrentHashMap<String, ProcessSandbox> sandboxes = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, ProcessContainer> containers = new ConcurrentHashMap<>();
  private final List<Consumer<ContainerStatus>> listeners = new CopyOnWriteArrayList<>();

  /**
   * Cleans up what an earlier runtime left in its directory, then is ready.
   *
   * @param directory of its own, for state that does not outlive it
   * @param network null for the host's network
   * @param hidden directories of the host that no container may see, such as the cluster's data
   */
  public ProcessRuntime(
      Path directory, @Nullable PodNetwork network, InstantSource clock, List<Path> hidden)
      throws IOException {
    if (!Linux.isSupported()) {
      throw new IOException("the process runtime runs on Linux on amd64 and aarch64 only");
    }
    this.directory = directory.toAbsolutePath().normalize();
    cleanUp(this.directory).forEach(key -> detach(network, key));
    Files.createDirectories(this.directory);
    this.clock = clock;
    this.noRights = findRights();
    this.network = noRights == null ? network : null;
    this.loop = new EventLoop("coracle-containers");
    Cgroups cgroups = Cgroups.find();
    Pump pump = new Pump(loop);
    ContainerLife life = new ContainerLife(loop, pump, clock, this::tell);
    this.sandboxStart = new SandboxStart(loop, this.network, cgroups);
    this.starting = new ContainerStart(loop, life, cgroups, clock, List.copyOf(hidden));
    this.executing = new ContainerExec(loop, pump);
  }

  /**
   * Ends the processes, removes the mounts and files that a runtime left behind in its directory.
   *
   * @return keys of the Pods whose network was attached
   */
  public static List<String> cleanUp(Path directory) {
    return Leftovers.cleanUp(directory.toAbsolutePath().normalize());
  }

  private static void detach(@Nullable PodNetwork network, String key) {
    if (network != null) {
      network.detach(key);
    }
  }

  /** Null when namespaces can be made, else why not. */
  private static @Nullable String findRights() {
    try (Program program = new Program()) {
      program.call(
          "unshare",
          SystemCall.UNSHARE,
          Constants.CLONE_FS | Constants.CLONE_NEWNS | Constants.CLONE_NEWUTS);
      Program.Failure failure = program.run("coracle-rights");
      return failure == null ? null : Errno.describe(failure.errno());
    }
  }

  @Override
  public String version() {
    return "process://1.0.0";
  }

  @Override
  public @Nullable String degraded() {
    if (noRights != null) {
      return "no rights for namespaces ("
          + noRights
          + "): Pods are plain processes on the host's network and file system, volumes are"
          + " below $CONTAINER_SANDBOX_MOUNT_POINT";
    }
    return network == null ? "no Pod network: Pods use the host's network" : null;
  }

  /** Its own name, and what other runtimes call the one that they use by default. */
  @Override
  public boolean knowsHandler(String handler) {
    return handler.isEmpty() || handler.equals("process") || handler.equals("runc");
  }

  /** Whether containers get namespaces of their own. */
  public boolean isolates() {
    return noRights == null;
  }

  @Override
  public boolean usesVolumes() {
    return true;
  }

  @Override
  public boolean hasPodNetwork() {
    return network != null;
  }

  @Override
  public void onExit(Consumer<ContainerStatus> listener) {
    listeners.add(listener);
  }

  private void tell(ContainerStatus ended) {
    listeners.forEach(listener -> listener.accept(ended));
  }

  @Override
  public Sandbox runSandbox(SandboxConfig config) {
    String id = newId();
    ProcessSandbox sandbox =
        new ProcessSandbox(
            id,
            config,
            directory.resolve(id),
            isolates(),
            network != null && !config.hostNetwork());
    sandboxes.put(id, sandbox);
    try {
      sandboxStart.start(sandbox);
      return new Sandbox(id, sandbox.ips);
    } catch (IOException | RuntimeException e) {
      removeSandbox(id);
      throw e instanceof RuntimeFailure failure
          ? failure
          : new RuntimeFailure("CreatePodSandboxError", String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void removeSandbox(String sandboxId) {
    ProcessSandbox sandbox = sandboxes.get(sandboxId);
    if (sandbox == null) {
      return;
    }
    for (ProcessContainer container : containers.values()) {
      if (container.sandbox == sandbox) {
        kill(container);
        containers.remove(container.id);
        remove(container.cgroup);
      }
    }
    remove(sandbox.cgroup);
    HostProcess pause = sandbox.pause;
    if (pause != null) {
      pause.signal(Constants.SIGKILL);
      int unused = pause.exit().join();
    }
    if (sandbox.ownNetwork) {
      detach(network, sandbox.networkKey());
    }
    sandboxes.remove(sandboxId);
    Leftovers.remove(sandbox.directory);
  }

  private static void remove(@Nullable Cgroup cgroup) {
    if (cgroup != null) {
      cgroup.remove();
    }
  }

  private static void kill(ProcessContainer container) {
    HostProcess process = container.process;
    if (process != null) {
      process.signal(Constants.SIGKILL);
      ContainerStatus unused = container.ended.join();
    }
  }

  @Override
  public String createContainer(String sandboxId, ContainerConfig config) {
    ProcessSandbox sandbox = sandboxes.get(sandboxId);
    if (sandbox == null) {
      throw new RuntimeFailure("CreateContainerError", "no sandbox " + sandboxId);
    }
    if (config.command().isEmpty()) {
      throw new RuntimeFailure(
          "CreateContainerError",
          "no command specified: the process runtime runs commands of the host and does not know the"
              + " entrypoint of image \""
              + config.image()
              + "\"; set the container's command");
    }
    String id = newId();
    Path own = sandbox.directory.resolve("containers").resolve(id);
    ContainerConfig complete = config;
    try {
      Files.createDirectories(own.resolve("scratch"));
      if (!sandbox.isolated) {
        complete = LinkedVolumes.link(own.resolve("root"), config);
      }
    } catch (IOException e) {
      throw new RuntimeFailure("CreateContainerError", String.valueOf(e.getMessage()));
    }
    containers.put(id, new ProcessContainer(id, sandbox, complete, own));
    return id;
  }

  @Override
  public void startContainer(String containerId) {
    ProcessContainer container = container(containerId, "RunContainerError");
    boolean apart = container.sandbox.isolated && container.sandbox.pause == null;
    starting.start(container, apart ? target(container.config) : null);
  }

  private @Nullable HostProcess target(ContainerConfig config) {
    if (config.target().isEmpty()) {
      return null;
    }
    HostProcess target = container(config.target(), "RunContainerError").process;
    if (target == null || target.exit().isDone()) {
      throw new RuntimeFailure("RunContainerError", "the target container is not running");
    }
    return target;
  }

  private ProcessContainer container(String id, String reason) {
    ProcessContainer container = containers.get(id);
    if (container == null) {
      throw new RuntimeFailure(reason, "no container " + id);
    }
    return container;
  }

  @Override
  public void signal(String containerId, int signal) {
    ProcessContainer container = containers.get(containerId);
    HostProcess process = container == null ? null : container.process;
    if (process != null) {
      process.signal(signal);
    }
  }

  @Override
  public void stopContainer(String containerId, Duration grace) throws InterruptedException {
    ProcessContainer container = containers.get(containerId);
    if (container == null || container.process == null) {
      return;
    }
    if (!grace.isZero()) {
      signal(containerId, Constants.signal(container.config.stopSignal(), Constants.SIGTERM));
      try {
        ContainerStatus unused = container.ended.get(grace.toNanos(), TimeUnit.NANOSECONDS);
        return;
      } catch (TimeoutException e) {
        // Falls through to the end of its grace.
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
    kill(container);
  }

  /** The first process of a PID namespace gets no signal for which it has no handler. */
  @Override
  public boolean heedsTermination(String containerId) {
    ProcessContainer container = containers.get(containerId);
    HostProcess process = container == null ? null : container.process;
    if (container == null || process == null || !isolates() || container.sandbox.config.hostPid()) {
      return true;
    }
    return process.catches(Constants.signal(container.config.stopSignal(), Constants.SIGTERM));
  }

  @Override
  public void removeContainer(String containerId) {
    ProcessContainer container = containers.remove(containerId);
    if (container != null) {
      kill(container);
      Leftovers.delete(container.directory);
    }
  }

  @Override
  public @Nullable ContainerStatus status(String containerId) {
    ProcessContainer container = containers.get(containerId);
    return container == null ? null : container.status();
  }

  @Override
  public ContainerStream exec(String containerId, ExecRequest request) {
    ProcessContainer container = container(containerId, "NotFound");
    return executing.run(container, running(container), request);
  }

  @Override
  public ContainerStream attach(String containerId, boolean stdin, boolean stdout, boolean stderr) {
    ProcessContainer container = container(containerId, "NotFound");
    HostProcess unused = running(container);
    return Attachment.open(container, stdin, stdout, stderr);
  }

  private static HostProcess running(ProcessContainer container) {
    HostProcess process = container.process;
    if (process == null || process.exit().isDone()) {
      throw new RuntimeFailure("NotRunning", "container not running (" + container.id + ")");
    }
    return process;
  }

  @Override
  public PortConnection connect(String sandboxId, int port) throws IOException {
    ProcessSandbox sandbox = sandboxes.get(sandboxId);
    if (sandbox == null) {
      throw new IOException("no sandbox " + sandboxId);
    }
    return SandboxConnection.open(
        sandbox.ownNetwork ? sandbox.namespace("net").toString() : "", port);
  }

  @Override
  public @Nullable ContainerStats stats(String containerId) {
    ProcessContainer container = containers.get(containerId);
    HostProcess process = container == null ? null : container.process;
    if (container == null || process == null || process.exit().isDone()) {
      return null;
    }
    Cgroup cgroup = container.cgroup;
    if (cgroup != null) {
      try {
        return cgroup.stats(clock.instant());
      } catch (IOException e) {
        // What the groups do not count, the processes do.
        return ProcessStats.read(process.pid(), clock.instant());
      }
    }
    return ProcessStats.read(process.pid(), clock.instant());
  }

  @Override
  public @Nullable Path writableLayer(String containerId) {
    ProcessContainer container = containers.get(containerId);
    return container == null ? null : RootFileSystem.upper(container.layer());
  }

  @Override
  public void updateResources(String containerId, ContainerResources resources) {
    ProcessContainer container = containers.get(containerId);
    Cgroup cgroup = container == null ? null : container.cgroup;
    if (cgroup != null) {
      cgroup.limit(resources);
    }
  }

  @Override
  public ImageStatus imageStatus(String image) {
    return new ImageStatus(image, "host", 0);
  }

  @Override
  public ImageStatus pullImage(String image) {
    return imageStatus(image);
  }

  @Override
  public List<String> sandboxes() {
    return List.copyOf(sandboxes.keySet());
  }

  /** The resolver that Pods get by default: the network's, or none for the host's own. */
  public DnsConfig dnsConfig() {
    return network == null ? DnsConfig.NONE : network.dnsConfig();
  }

  @Override
  public void close() {
    sandboxes().forEach(this::removeSandbox);
    loop.close();
    Leftovers.remove(directory);
  }

  private static String newId() {
    return UUID.randomUUID().toString().replace("-", "")
        + UUID.randomUUID().toString().replace("-", "");
  }
}
