package dev.coracle.node.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A process that we started: its end, and signals that can never reach another of the same id. */
public final class HostProcess {

  private final int pid;
  private final int descriptor;
  private final boolean wholeGroup;
  private final EventLoop loop;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  /**
   * @param wholeGroup whether SIGKILL goes to its process group (when no PID namespace ends the
   *     rest)
   */
  public HostProcess(int pid, EventLoop loop, boolean wholeGroup) {
    this.pid = pid;
    this.loop = loop;
    this.wholeGroup = wholeGroup;
    this.descriptor = (int) Linux.must("pidfd_open", SystemCall.PIDFD_OPEN, pid, 0);
  }

  public int pid() {
    return pid;
  }

  public int descriptor() {
    return descriptor;
  }

  /** Completed on the loop's thread with the exit code, 128 + signal for a killed process. */
  public CompletableFuture<Integer> exit() {
    return exit;
  }

  public void watch() {
    loop.add(descriptor, this::collect);
  }

  private void collect() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(128, 8);
      long result =
          Linux.call(
              SystemCall.WAITID,
              Constants.P_PIDFD,
              descriptor,
              info.address(),
              Constants.WEXITED | Constants.WNOHANG,
              0);
      if (result == 0 && info.get(ValueLayout.JAVA_INT, 16) == 0) {
        return;
      }
      int status = info.get(ValueLayout.JAVA_INT, 24);
      boolean exited = info.get(ValueLayout.JAVA_INT, 8) == Constants.CLD_EXITED;
      loop.remove(descriptor);
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      synchronized (this) {
        Linux.close(descriptor);
      }
      if (wholeGroup) {
        killGroup();
      }
      exit.complete(result < 0 ? 137 : exited ? status : 128 + status);
    }
  }

  private void killGroup() {
    long unused = Linux.call(SystemCall.KILL, -pid, Constants.SIGKILL);
  }

  /** Does nothing when the process is gone. */
  public synchronized void signal(int signal) {
    if (ended.get()) {
      return;
    }
    if (wholeGroup) {
      long unused = Linux.call(SystemCall.KILL, -pid, signal);
    } else {
      long unused = Linux.call(SystemCall.PIDFD_SEND_SIGNAL, descriptor, signal, 0, 0);
    }
  }

  /** Whether the process handles a signal itself; not when it is gone. */
  public boolean catches(int signal) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("SigCgt:")) {
          long caught = Long.parseUnsignedLong(line.substring(7).strip(), 16);
          return (caught & (1L << (signal - 1))) != 0;
        }
      }
    } catch (IOException e) {
      return false;
    }
    return true;
  }

  /** When a process was started, in the kernel's ticks; empty when there is none of this id. */
  public static String startTime(int pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }
}
