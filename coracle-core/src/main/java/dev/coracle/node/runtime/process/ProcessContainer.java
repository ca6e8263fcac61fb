package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.DescriptorOutput;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.ContainerStatus.State;
import dev.coracle.node.runtime.LogFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A container of the process runtime. */
final class ProcessContainer {

  /** Somebody who is attached to the output. */
  interface Tap {
    void data(String stream, byte[] data);

    void end();
  }

  final String id;
  final ProcessSandbox sandbox;
  final ContainerConfig config;
  final Path directory;
  final Set<Tap> taps = ConcurrentHashMap.newKeySet();
  final CompletableFuture<ContainerStatus> ended = new CompletableFuture<>();
  volatile @Nullable HostProcess process;
  volatile @Nullable DescriptorOutput stdin;
  volatile @Nullable LogFile log;

  /** Null without limits and requests, or without rights. */
  volatile @Nullable Cgroup cgroup;

  volatile int terminal = -1;
  private volatile ContainerStatus status;

  ProcessContainer(String id, ProcessSandbox sandbox, ContainerConfig config, Path directory) {
    this.id = id;
    this.sandbox = sandbox;
    this.config = config;
    this.directory = directory;
    status =
        new ContainerStatus(id, sandbox.id, config.name(), State.CREATED, null, null, 0, 0, "", "");
  }

  /** Where what it writes to its root is kept, unless that is in memory. */
  Path layer() {
    return directory.resolve("layer");
  }

  ContainerStatus status() {
    return status;
  }

  void running(Instant at) {
    status =
        new ContainerStatus(id, sandbox.id, config.name(), State.RUNNING, at, null, 0, 0, "", "");
  }

  ContainerStatus exited(Instant at, int code, String reason, String message) {
    ContainerStatus last = status;
    status =
        new ContainerStatus(
            id,
            sandbox.id,
            config.name(),
            State.EXITED,
            last.startedAt() == null ? at : last.startedAt(),
            at,
            code,
            code > 128 && code < 193 ? code - 128 : 0,
            reason,
            message);
    return status;
  }
}
