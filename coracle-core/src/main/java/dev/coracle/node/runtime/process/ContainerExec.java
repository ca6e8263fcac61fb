package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.DescriptorOutput;
import dev.coracle.node.linux.EventLoop;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.Pump;
import dev.coracle.node.linux.Spawn;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.RuntimeFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A further command in a running container, with streams of its own. */
final class ContainerExec {

  private final EventLoop loop;
  private final Pump pump;

  ContainerExec(EventLoop loop, Pump pump) {
    this.loop = loop;
    this.pump = pump;
  }

  /**
   * @param target the container's process, which runs
   */
  ContainerStream run(ProcessContainer container, HostProcess target, ExecRequest request) {
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
      ContainerStart.workingDirectory(program, container.config);
      if (container.sandbox.isolated) {
        Capabilities.become(program, container.config.security());
      }
      List<String> environment = container.config.environment();
      if (request.tty() && environment.stream().noneMatch(v -> v.startsWith("TERM="))) {
        environment = new ArrayList<>(environment);
        environment.add("TERM=xterm");
      }
      spawn.add(request.command(), environment, null);
      Program.Failure failure = program.run("coracle-exec");
      spawn.started();
      if (failure != null) {
        spawn.failed();
        throw ContainerStart.failure(failure, request.command().getFirst());
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
    pump.feed(out, stream.stdout, exit);
    pump.feed(err, stream.stderr, exit);
    process
        .exit()
        .thenAccept(
            code -> {
              pump.finish(out, stream.stdout::feed);
              pump.finish(err, stream.stderr::feed);
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
}
