package dev.coracle.node.runtime.process;

import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStats;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.DnsConfig;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.ImageStatus;
import dev.coracle.node.runtime.LogFile;
import dev.coracle.node.runtime.PodNetwork;
import dev.coracle.node.runtime.PortConnection;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.Sandbox;
import dev.coracle.node.runtime.SandboxConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Containers as processes of this host; see the package's description. */
public final class ProcessRuntime implements ContainerRuntime {

  private static final List<String> REAPER =
      List.of("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 2147483647 & wait; done");

  private final Path directory;
  private final @Nullable PodNetwork network;
  private final InstantSource clock;
  private final List<Path> hidden;
  private final @Nullable String noRights;
  private final EventLoop loop;
  private final Cgroups cgroups;
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
    this.hidden = List.copyOf(hidden);
    this.noRights = findRights();
    this.network = noRights == null ? network : null;
    this.loop = new EventLoop("coracle-containers");
    this.cgroups = Cgroups.find();
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

  @Override
  public Sandbox runSandbox(SandboxConfig config) {
    String id = newId();
    boolean ownNetwork = network != null && !config.hostNetwork();
    ProcessSandbox sandbox =
        new ProcessSandbox(id, config, directory.resolve(id), isolates(), ownNetwork);
    sandboxes.put(id, sandbox);
    try {
      Files.createDirectories(sandbox.directory);
      sandbox.makeNamespaces();
      if (ownNetwork && network != null) {
        Files.writeString(sandbox.directory.resolve("network"), sandbox.networkKey());
        sandbox.ips = network.attach(sandbox.networkKey(), sandbox.namespace("net"));
      }
      sandbox.writeFiles();
      if (isolates() && config.sharePid() && !config.hostPid()) {
        sandbox.pause = startPause(sandbox);
      }
      return new Sandbox(id, sandbox.ips);
    } catch (IOException | RuntimeException e) {
      removeSandbox(id);
      throw e instanceof RuntimeFailure failure
          ? failure
          : new RuntimeFailure("CreatePodSandboxError", String.valueOf(e.getMessage()));
    }
  }

  private HostProcess startPause(ProcessSandbox sandbox) throws IOException {
    try (Program program = new Program()) {
      Spawn spawn = new Spawn(program, false, false);
      program.call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS | Constants.CLONE_NEWPID);
      spawn.add(REAPER, List.of("PATH=/usr/bin:/bin"), null);
      Program.Failure failure = program.run("coracle-pause");
      spawn.started();
      spawn.failed();
      if (failure != null) {
        throw failure.toException();
      }
      HostProcess process = new HostProcess(spawn.pid(), loop, false);
      sandbox.note(process);
      process.watch();
      return process;
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
      }
    }
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
    ContainerConfig config = container.config;
    ProcessSandbox sandbox = container.sandbox;
    boolean hostPid = sandbox.config.hostPid();
    try (Program program = new Program()) {
      Spawn spawn = new Spawn(program, config.stdin(), config.tty());
      Gate gate = sandbox.isolated ? new Gate(container.directory.resolve("gate")) : null;
      Program.Slot thread = program.slot(0);
      Program.Slot mounts = program.slot(-1);
      if (gate != null) {
        program
            .callInto(thread, "gettid", SystemCall.GETTID)
            .call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS | Constants.CLONE_NEWNS)
            .call("umask", SystemCall.UMASK, 022)
            .callInto(
                mounts,
                "open mount namespace",
                SystemCall.OPENAT,
                Constants.AT_FDCWD,
                "/proc/thread-self/ns/mnt",
                Constants.O_CLOEXEC,
                0)
            .call(
                "make / private",
                SystemCall.MOUNT,
                0,
                "/",
                0,
                Constants.MS_REC | Constants.MS_SLAVE,
                0);
        program.atClose(() -> Linux.close((int) mounts.get()));
        sandbox.enter(program);
        HostProcess shared = sandbox.pause != null ? sandbox.pause : target(config);
        if (shared != null) {
          program.call(
              "enter PID namespace", SystemCall.SETNS, shared.descriptor(), Constants.CLONE_NEWPID);
        } else if (!hostPid) {
          program.call("unshare PID namespace", SystemCall.UNSHARE, Constants.CLONE_NEWPID);
        }
        new RootFileSystem(program, container.directory.resolve("scratch"), hidden)
            .add(config, sandbox.files(), sandbox.shm(), gate.directory(), hostPid);
        workingDirectory(program, config);
        Capabilities.become(program, config.security());
      } else {
        program
            .call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS)
            .call("umask", SystemCall.UMASK, 022);
        workingDirectory(program, config);
      }
      boolean gated = gate != null && !hostPid;
      Cgroup cgroup = cgroups.make(containerId, config.resources());
      if (cgroup != null) {
        sandbox.note(cgroup);
        container.cgroup = cgroup;
      }
      spawn.add(config.command(), config.environment(), gated ? RootFileSystem.GATE : null);
      container.log = new LogFile(config.log(), clock);
      Program.Started starting = program.start("coracle-start");
      Program.Failure failure =
          gated && gate != null
              ? gate.open(starting, thread, mounts, loop, cgroup)
              : starting.await();
      spawn.started();
      if (failure != null) {
        if (spawn.pid() > 0) {
          new HostProcess(spawn.pid(), loop, false).signal(Constants.SIGKILL);
        }
        spawn.failed();
        if (cgroup != null) {
          cgroup.remove();
        }
        container.log.close();
        throw startFailure(failure, config.command().getFirst());
      }
      if (cgroup != null && !gated) {
        cgroup.add(spawn.pid());
      }
      started(container, spawn);
    } catch (IOException | Linux.Refused e) {
      throw new RuntimeFailure("RunContainerError", String.valueOf(e.getMessage()));
    }
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

  private static void workingDirectory(Program program, ContainerConfig config) {
    String wanted = config.workingDirectory().isEmpty() ? "/" : config.workingDirectory();
    program.call("chdir to " + wanted, SystemCall.CHDIR, wanted);
  }

  private static RuntimeFailure startFailure(Program.Failure failure, String command) {
    boolean exec = failure.what().startsWith("exec:");
    String why =
        exec && failure.errno() == Constants.ENOENT
            ? command.contains("/")
                ? "stat " + command + ": no such file or directory"
                : "executable file not found in $PATH"
            : Errno.describe(failure.errno());
    return new RuntimeFailure(
        exec ? "StartError" : "RunContainerError",
        "unable to start container process: " + failure.what() + ": " + why);
  }

  private void started(ProcessContainer container, Spawn spawn) throws IOException {
    HostProcess process = new HostProcess(spawn.pid(), loop, !container.sandbox.isolated);
    container.sandbox.note(process);
    container.process = process;
    container.running(clock.instant());
    int in = spawn.stdin();
    int out = spawn.stdout();
    int err = spawn.stderr();
    boolean tty = container.config.tty();
    if (in >= 0) {
      container.stdin = new DescriptorOutput(in, tty ? () -> {} : () -> Linux.close(in));
    }
    container.terminal = tty ? out : -1;
    Consumer<byte[]> toOut = data -> write(container, "stdout", data);
    Consumer<byte[]> toErr = data -> write(container, "stderr", data);
    pump(out, toOut);
    pump(err, toErr);
    process
        .exit()
        .thenAccept(
            code -> {
              finish(out, toOut);
              finish(err, toErr);
              DescriptorOutput stdin = container.stdin;
              if (stdin != null) {
                stdin.close();
              }
              ended(container, code);
            });
    process.watch();
  }

  private static void write(ProcessContainer container, String stream, byte[] data) {
    LogFile log = container.log;
    if (log != null) {
      log.append(stream, data);
    }
    container.taps.forEach(tap -> tap.data(stream, data));
  }

  private void pump(int descriptor, Consumer<byte[]> sink) {
    if (descriptor < 0) {
      return;
    }
    loop.add(
        descriptor,
        () -> {
          if (DescriptorInput.drain(descriptor, sink)) {
            loop.remove(descriptor);
          }
        });
  }

  private void finish(int descriptor, Consumer<byte[]> sink) {
    if (descriptor >= 0) {
      boolean unused = DescriptorInput.drain(descriptor, sink);
      loop.remove(descriptor);
      Linux.close(descriptor);
    }
  }

  private void ended(ProcessContainer container, int code) {
    Cgroup cgroup = container.cgroup;
    String reason = code == 0 ? "Completed" : "Error";
    if (cgroup != null) {
      reason = code != 0 && cgroup.wasOutOfMemory() ? "OOMKilled" : reason;
      Thread unused = Thread.startVirtualThread(cgroup::remove);
    }
    ContainerStatus status = container.exited(clock.instant(), code, reason, "");
    LogFile log = container.log;
    if (log != null) {
      log.close();
    }
    container.taps.forEach(ProcessContainer.Tap::end);
    container.ended.complete(status);
    listeners.forEach(listener -> listener.accept(status));
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
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
        if (line.startsWith("SigCgt:")) {
          long caught = Long.parseUnsignedLong(line.substring(7).strip(), 16);
          int signal = Constants.signal(container.config.stopSignal(), Constants.SIGTERM);
          return (caught & (1L << (signal - 1))) != 0;
        }
      }
    } catch (IOException e) {
      return false;
    }
    return true;
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
    HostProcess target = container.process;
    if (target == null || target.exit().isDone()) {
      throw new RuntimeFailure("NotRunning", "container not running (" + containerId + ")");
    }
    try (Program program = new Program()) {
      Spawn spawn = new Spawn(program, request.stdin(), request.tty());
      program.call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS);
      if (container.sandbox.isolated) {
        program.call(
            "enter the container",
            SystemCall.SETNS,
            target.descriptor(),
            Constants.CLONE_NEWNS
                | Constants.CLONE_NEWPID
                | Constants.CLONE_NEWNET
                | Constants.CLONE_NEWUTS
                | Constants.CLONE_NEWIPC);
      }
      program.call("umask", SystemCall.UMASK, 022);
      workingDirectory(program, container.config);
      if (container.sandbox.isolated) {
        Capabilities.become(program, container.config.security());
      }
      List<String> environment = container.config.environment();
      if (request.tty() && environment.stream().noneMatch(v -> v.startsWith("TERM="))) {
        environment = new java.util.ArrayList<>(environment);
        environment.add("TERM=xterm");
      }
      spawn.add(request.command(), environment, null);
      Program.Failure failure = program.run("coracle-exec");
      spawn.started();
      if (failure != null) {
        spawn.failed();
        throw startFailure(failure, request.command().getFirst());
      }
      HostProcess process = new HostProcess(spawn.pid(), loop, !container.sandbox.isolated);
      container.sandbox.note(process);
      Cgroup cgroup = container.cgroup;
      if (cgroup != null) {
        cgroup.add(process.pid());
      }
      return stream(process, spawn, request.tty());
    } catch (IOException | Linux.Refused e) {
      throw new RuntimeFailure("ExecError", String.valueOf(e.getMessage()));
    }
  }

  private ProcessStream stream(HostProcess process, Spawn spawn, boolean tty) {
    int in = spawn.stdin();
    int out = spawn.stdout();
    int err = spawn.stderr();
    CompletableFuture<Integer> exit = new CompletableFuture<>();
    DescriptorOutput input =
        in < 0 ? null : new DescriptorOutput(in, tty ? () -> {} : () -> Linux.close(in));
    ProcessStream stream =
        new ProcessStream(
            input == null ? OutputStream.nullOutputStream() : input,
            tty ? out : -1,
            exit,
            () -> process.signal(Constants.SIGKILL));
    pump(out, stream.stdout, exit);
    pump(err, stream.stderr, exit);
    process
        .exit()
        .thenAccept(
            code -> {
              finish(out, stream.stdout::feed);
              finish(err, stream.stderr::feed);
              stream.stdout.end();
              stream.stderr.end();
              exit.complete(code);
              if (input != null) {
                input.close();
              }
            });
    process.watch();
    return stream;
  }

  /** As the other, but a full buffer stops the reading until somebody has read. */
  private void pump(int descriptor, DescriptorInput sink, CompletableFuture<Integer> exit) {
    if (descriptor < 0) {
      sink.end();
      return;
    }
    loop.add(
        descriptor,
        () -> {
          if (DescriptorInput.drain(descriptor, sink::feed)) {
            loop.remove(descriptor);
            sink.end();
          } else if (sink.isFull()) {
            loop.remove(descriptor);
            Thread.startVirtualThread(
                () -> {
                  sink.awaitRoom();
                  loop.execute(
                      () -> {
                        if (!exit.isDone()) {
                          pump(descriptor, sink, exit);
                        }
                      });
                });
          }
        });
  }

  @Override
  public ContainerStream attach(String containerId, boolean stdin, boolean stdout, boolean stderr) {
    ProcessContainer container = container(containerId, "NotFound");
    HostProcess process = container.process;
    if (process == null || process.exit().isDone()) {
      throw new RuntimeFailure("NotRunning", "container not running (" + containerId + ")");
    }
    DescriptorOutput input = container.stdin;
    OutputStream in = OutputStream.nullOutputStream();
    if (stdin && input != null) {
      in = container.config.stdinOnce() ? input : new Unclosed(input);
    }
    ProcessContainer.Tap[] own = new ProcessContainer.Tap[1];
    ProcessStream stream =
        new ProcessStream(
            in,
            container.terminal,
            container.ended.thenApply(ContainerStatus::exitCode),
            () -> {
              if (own[0] != null) {
                container.taps.remove(own[0]);
                own[0].end();
              }
            });
    own[0] =
        new ProcessContainer.Tap() {
          @Override
          public void data(String name, byte[] data) {
            boolean out = name.equals("stdout");
            DescriptorInput target = out ? stream.stdout : stream.stderr;
            if ((out ? stdout : stderr) && !target.isFull()) {
              target.feed(data);
            }
          }

          @Override
          public void end() {
            stream.stdout.end();
            stream.stderr.end();
          }
        };
    container.taps.add(own[0]);
    if (container.ended.isDone()) {
      own[0].end();
    }
    return stream;
  }

  /** Leaves the container's standard input open for the next who attaches. */
  private static final class Unclosed extends java.io.FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] data, int start, int length) throws IOException {
      out.write(data, start, length);
    }

    @Override
    public void close() {}
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
  public void updateResources(String containerId, ContainerResources resources) {
    ProcessContainer container = containers.get(containerId);
    Cgroup cgroup = container == null ? null : container.cgroup;
    HostProcess process = container == null ? null : container.process;
    if (container == null || process == null) {
      return;
    }
    if (cgroup != null) {
      cgroup.limit(resources);
      return;
    }
    Cgroup made = cgroups.make(containerId, resources);
    if (made != null) {
      try {
        container.sandbox.note(made);
      } catch (IOException e) {
        made.remove();
        return;
      }
      container.cgroup = made;
      made.add(process.pid());
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
