package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.DescriptorOutput;
import dev.coracle.node.linux.EventLoop;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.Pump;
import dev.coracle.node.linux.Spawn;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.LogFile;
import java.io.IOException;
import java.time.InstantSource;
import java.util.function.Consumer;

/** A container that runs: what it writes goes to its log and to who is attached, until it ends. */
final class ContainerLife {

  private final EventLoop loop;
  private final Pump pump;
  private final InstantSource clock;
  private final Consumer<ContainerStatus> listener;

  /**
   * @param listener told of every end
   */
  ContainerLife(
      EventLoop loop, Pump pump, InstantSource clock, Consumer<ContainerStatus> listener) {
    this.loop = loop;
    this.pump = pump;
    this.clock = clock;
    this.listener = listener;
  }

  /** The command of a container has been started, by a program that is still open. */
  void begin(ProcessContainer container, Spawn spawn) throws IOException {
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
    pump.copy(out, toOut);
    pump.copy(err, toErr);
    process
        .exit()
        .thenAccept(
            code -> {
              pump.finish(out, toOut);
              pump.finish(err, toErr);
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
    listener.accept(status);
  }
}
