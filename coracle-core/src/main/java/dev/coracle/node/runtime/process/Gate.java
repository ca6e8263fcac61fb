package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.EventLoop;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.Program;
import dev.coracle.node.linux.Spawn;
import dev.coracle.node.linux.SystemCall;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Mounts {@code /proc} for a container in a PID namespace of its own.
 *
 * <p>The namespace exists only from its first process on, which is the container's command, and a
 * thread of ours cannot enter it. So the new process, before it becomes its command, opens three
 * FIFOs: {@code ready} tells us that it is there, {@code mounted} holds it until /proc is mounted,
 * and {@code go}, which it has open already and opens again through /proc, until the FIFOs
 * themselves are out of its sight: the command never sees them. We mount by handle where the kernel
 * can (6.17), else by a {@code mount} process inside.
 */
final class Gate {

  /** For tests: does without what only Linux 6.17 has. */
  static volatile boolean asOnOldKernels;

  private static final List<String> FIFOS = List.of("ready", "mounted", "go");

  private final Path directory;

  /** Whether the new process failed, so that nothing else that fails matters. */
  private volatile boolean released;

  Gate(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    try (Arena arena = Arena.ofConfined()) {
      for (String name : FIFOS) {
        long unused =
            Linux.must(
                "mkfifo",
                SystemCall.MKNODAT,
                Constants.AT_FDCWD,
                arena.allocateFrom(directory.resolve(name).toString()).address(),
                Constants.S_IFIFO | 0622,
                0);
        Files.setPosixFilePermissions(
            directory.resolve(name),
            java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw-rw-"));
      }
    }
  }

  Path directory() {
    return directory;
  }

  /**
   * Sees a starting program through.
   *
   * @param thread the program's thread id
   * @param mounts a descriptor of its mount namespace
   * @param newcomer sees the new process before it becomes its command
   * @return null when all is well
   */
  Program.@Nullable Failure open(
      Program.Started starting,
      Program.Slot thread,
      Program.Slot mounts,
      EventLoop loop,
      IntConsumer newcomer) {
    AtomicReference<Program.@Nullable Failure> mountFailed = new AtomicReference<>();
    // The gate-keeper waits for the new process; if it never comes we come in its place.
    Thread waiting =
        Thread.ofPlatform()
            .daemon(true)
            .name("coracle-gate")
            .start(
                () -> {
                  int ready = -1;
                  int mounted = -1;
                  int go = -1;
                  try {
                    ready = Linux.open(directory.resolve("ready").toString(), Constants.O_RDONLY);
                    children((int) thread.get()).forEach(newcomer::accept);
                    Program.Failure failure = mountProc((int) thread.get(), mounts, loop);
                    if (!released) {
                      mountFailed.set(failure);
                    }
                    mounted =
                        Linux.open(directory.resolve("mounted").toString(), Constants.O_WRONLY);
                    remove(mounts);
                    go = Linux.open(directory.resolve("go").toString(), Constants.O_RDWR);
                    Program.Failure unused = starting.await();
                  } catch (Linux.Refused e) {
                    mountFailed.set(new Program.Failure("gate", e.errno()));
                  } finally {
                    Linux.close(ready);
                    Linux.close(mounted);
                    Linux.close(go);
                  }
                });
    Program.Failure failure = starting.await();
    while (failure != null && waiting.isAlive()) {
      release();
      try {
        waiting.join(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    try {
      waiting.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Program.Failure notMounted = mountFailed.get();
    return notMounted == null ? failure : notMounted;
  }

  private static List<Integer> children(int thread) {
    List<Integer> children = new ArrayList<>();
    try {
      String line = Files.readString(Path.of("/proc/self/task/" + thread + "/children"));
      for (String pid : line.strip().split(" ")) {
        if (!pid.isEmpty()) {
          children.add(Integer.parseInt(pid));
        }
      }
    } catch (IOException e) {
      // A kernel without this file: the container is not limited.
      return List.of();
    }
    return children;
  }

  /** Is at the other end of whatever the gate-keeper waits for. */
  private void release() {
    released = true;
    for (String name : FIFOS) {
      try {
        Linux.close(
            Linux.open(
                directory.resolve(name).toString(), Constants.O_RDWR | Constants.O_NONBLOCK));
      } catch (Linux.Refused e) {
        continue;
      }
    }
  }

  private Program.@Nullable Failure mountProc(int thread, Program.Slot mounts, EventLoop loop) {
    if (mounts.get() < 0) {
      return new Program.Failure("mount namespace", Constants.EINVAL);
    }
    int namespace;
    try {
      namespace =
          Linux.open("/proc/self/task/" + thread + "/ns/pid_for_children", Constants.O_RDONLY);
    } catch (Linux.Refused e) {
      return new Program.Failure("PID namespace", e.errno());
    }
    try {
      boolean mounted = !asOnOldKernels && mountByHandle(namespace, mounts) == null;
      return mounted ? null : mountByProcess(namespace, mounts, loop);
    } finally {
      Linux.close(namespace);
    }
  }

  private static Program.@Nullable Failure mountByHandle(int namespace, Program.Slot mounts) {
    try (Program program = new Program()) {
      Program.Slot context = program.slot(-1);
      Program.Slot mount = program.slot(-1);
      program
          .callInto(context, "fsopen", SystemCall.FSOPEN, "proc", 1)
          .call(
              "fsconfig",
              SystemCall.FSCONFIG,
              context,
              Constants.FSCONFIG_SET_FD,
              "pidns",
              0,
              namespace)
          .call("fsconfig", SystemCall.FSCONFIG, context, Constants.FSCONFIG_CMD_CREATE, 0, 0, 0)
          .callInto(mount, "fsmount", SystemCall.FSMOUNT, context, 1, 0xE)
          .call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS)
          .call("setns", SystemCall.SETNS, mounts, Constants.CLONE_NEWNS)
          .call(
              "mount /proc",
              SystemCall.MOVE_MOUNT,
              mount,
              "",
              Constants.AT_FDCWD,
              "/proc",
              Constants.MOVE_MOUNT_F_EMPTY_PATH);
      Program.Failure failure = program.run("coracle-proc");
      Linux.close((int) context.get());
      Linux.close((int) mount.get());
      return failure;
    }
  }

  private static Program.@Nullable Failure mountByProcess(
      int namespace, Program.Slot mounts, EventLoop loop) {
    try (Program program = new Program()) {
      Spawn spawn = new Spawn(program, false, false);
      program
          .call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS)
          .call("setns", SystemCall.SETNS, mounts, Constants.CLONE_NEWNS)
          .call("setns", SystemCall.SETNS, namespace, Constants.CLONE_NEWPID);
      spawn.add(
          List.of("mount", "-n", "-t", "proc", "-o", "nosuid,nodev,noexec", "proc", "/proc"),
          List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
          null);
      Program.Failure failure = program.run("coracle-proc");
      spawn.started();
      spawn.failed();
      if (failure != null) {
        return failure;
      }
      HostProcess mounting = new HostProcess(spawn.pid(), loop, false);
      mounting.watch();
      int code = mounting.exit().join();
      if (code != 0) {
        return new Program.Failure("mount /proc (mount exited with " + code + ")", Constants.EPERM);
      }
    }
    return null;
  }

  /** Takes the FIFOs out of the container's sight. */
  private static void remove(Program.Slot mounts) {
    try (Program program = new Program()) {
      program
          .call("unshare", SystemCall.UNSHARE, Constants.CLONE_FS)
          .call("setns", SystemCall.SETNS, mounts, Constants.CLONE_NEWNS)
          .call("umount", SystemCall.UMOUNT2, RootFileSystem.GATE, Constants.MNT_DETACH)
          .call(
              "rmdir",
              SystemCall.UNLINKAT,
              Constants.AT_FDCWD,
              RootFileSystem.GATE,
              Constants.AT_REMOVEDIR);
      Program.Failure unused = program.run("coracle-gate");
    }
  }
}
