package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.EventLoop;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.Spawn;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.PodNetwork;
import dev.coracle.node.runtime.SandboxConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts sandboxes: namespaces, network, control group, files, and what keeps a shared PID
 * namespace.
 */
final class SandboxStart {

  private static final List<String> REAPER =
      List.of("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 2147483647 & wait; done");

  private final EventLoop loop;
  private final @Nullable PodNetwork network;
  private final Cgroups cgroups;

  /**
   * @param network null for the host's network
   */
  SandboxStart(EventLoop loop, @Nullable PodNetwork network, Cgroups cgroups) {
    this.loop = loop;
    this.network = network;
    this.cgroups = cgroups;
  }

  void start(ProcessSandbox sandbox) throws IOException {
    SandboxConfig config = sandbox.config;
    Files.createDirectories(sandbox.directory);
    sandbox.makeNamespaces();
    if (sandbox.ownNetwork && network != null) {
      Files.writeString(sandbox.directory.resolve("network"), sandbox.networkKey());
      sandbox.ips = network.attach(sandbox.networkKey(), sandbox.namespace("net"));
      if (!config.ports().isEmpty()) {
        network.expose(sandbox.networkKey(), sandbox.ips.getFirst(), config.ports());
      }
    }
    if (!config.resources().equals(ContainerResources.NONE)) {
      sandbox.cgroup = cgroups.makeForPod(config.podUid(), config.resources());
      if (sandbox.cgroup != null) {
        sandbox.note(sandbox.cgroup);
      }
    }
    sandbox.writeFiles();
    if (sandbox.isolated && config.sharePid() && !config.hostPid()) {
      sandbox.pause = startPause(sandbox);
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
}
