package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.Errno;
import dev.coracle.node.linux.EventLoop;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.Spawn;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.LogFile;
import dev.coracle.node.runtime.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** How a container comes to run: its namespaces, root, rights and limits, then its command. */
final class ContainerStart {

  private final EventLoop loop;
  private final ContainerLife life;
  private final Cgroups cgroups;
  private final InstantSource clock;
  private final List<Path> hidden;

  /** Whether the node's file system turned out not to take the layer of an overlay. */
  private volatile boolean layersInMemory;

  /**
   * @param hidden directories of the host that no container may see
   */
  ContainerStart(
      EventLoop loop, ContainerLife life, Cgroups cgroups, InstantSource clock, List<Path> hidden) {
    this.loop = loop;
    this.life = life;
    this.cgroups = cgroups;
    this.clock = clock;
    this.hidden = hidden;
  }

  /**
   * Starts a container's command.
   *
   * @param target whose processes it shares; null for its Pod's or its own
   */
  void start(ProcessContainer container, @Nullable HostProcess target) {
    ContainerConfig config = container.config;
    ProcessSandbox sandbox = container.sandbox;
    boolean hostPid = sandbox.config.hostPid();
    Cgroup cgroup = null;
    try (Program program = new Program()) {
      cgroup = cgroups.make(container.id, config.resources(), sandbox.cgroup);
      if (cgroup != null) {
        sandbox.note(cgroup);
        container.cgroup = cgroup;
      }
      Spawn spawn = new Spawn(program, config.stdin(), config.tty());
      Gate gate = sandbox.isolated ? new Gate(container.directory.resolve("gate")) : null;
      Program.Slot thread = program.slot(0);
      Program.Slot mounts = program.slot(-1);
      RootFileSystem root = null;
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
        HostProcess shared = sandbox.pause != null ? sandbox.pause : target;
        if (shared != null) {
          program.call(
              "enter PID namespace", SystemCall.SETNS, shared.descriptor(), Constants.CLONE_NEWPID);
        } else if (!hostPid) {
          program.call("unshare PID namespace", SystemCall.UNSHARE, Constants.CLONE_NEWPID);
        }
        boolean inMemory = layersInMemory || config.security().readOnlyRoot();
        Path layer = inMemory ? null : container.layer();
        root = new RootFileSystem(program, container.directory.resolve("scratch"), layer, hidden);
        root.add(config, sandbox.files(), sandbox.shm(), gate.directory(), hostPid, cgroup);
        workingDirectory(program, config);
        Capabilities.become(program, config.security());
      } else {
        program
            .call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS)
            .call("umask", SystemCall.UMASK, 022);
        workingDirectory(program, config);
      }
      boolean gated = gate != null && !hostPid;
      spawn.add(config.command(), config.environment(), gated ? RootFileSystem.GATE : null);
      container.log = new LogFile(config.log(), clock);
      Program.Started starting = program.start("coracle-start");
      Program.Failure failure =
          gated && gate != null
              ? gate.open(starting, thread, mounts, loop, newcomer(config, cgroup))
              : starting.await();
      spawn.started();
      if (failure != null) {
        if (spawn.pid() > 0) {
          new HostProcess(spawn.pid(), loop, false).signal(Constants.SIGKILL);
        }
        spawn.failed();
        container.log.close();
        throw failure(failure, config.command().getFirst());
      }
      if (!gated) {
        newcomer(config, cgroup).accept(spawn.pid());
      }
      if (root != null && !config.security().readOnlyRoot() && !root.isOnDisk()) {
        layersInMemory = true;
      }
      life.begin(container, spawn);
      cgroup = null;
    } catch (IOException | Linux.Refused e) {
      throw new RuntimeFailure("RunContainerError", String.valueOf(e.getMessage()));
    } finally {
      if (cgroup != null) {
        cgroup.remove();
      }
    }
  }

  /** What is done with the container's first process before it becomes its command. */
  private static IntConsumer newcomer(ContainerConfig config, @Nullable Cgroup cgroup) {
    return pid -> {
      Cgroup.score(pid, config.resources().outOfMemoryScore());
      if (cgroup != null) {
        cgroup.add(pid);
      }
    };
  }

  static void workingDirectory(Program program, ContainerConfig config) {
    String wanted = config.workingDirectory().isEmpty() ? "/" : config.workingDirectory();
    program.call("chdir to " + wanted, SystemCall.CHDIR, wanted);
  }

  /** In the words of a container runtime. */
  static RuntimeFailure failure(Program.Failure failure, String command) {
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
}
