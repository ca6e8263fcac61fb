package dev.coracle.node.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last steps of a program that starts a process: its standard streams, then {@code posix_spawn}
 * of its command, in a session of its own, with default signals, exactly the given environment and
 * no other open file.
 */
public final class Spawn {

  private static final int FILE_ACTIONS_SIZE = 128;
  private static final int ATTRIBUTES_SIZE = 512;

  private final Program program;
  private final Program.Slot pid;
  private final Program.Slot terminal;
  private final Program.Slot slave;
  private int[] stdin = {-1, -1};
  private int[] stdout = {-1, -1};
  private int[] stderr = {-1, -1};
  private final boolean tty;

  public Spawn(Program program, boolean stdinWanted, boolean tty) {
    this.program = program;
    this.tty = tty;
    this.pid = program.slot(0);
    this.terminal = program.slot(-1);
    this.slave = program.slot(-1);
    if (tty) {
      return;
    }
    if (stdinWanted) {
      stdin = Linux.pipe();
      Linux.setNonBlocking(stdin[1]);
    } else {
      stdin = new int[] {Linux.open("/dev/null", Constants.O_RDONLY), -1};
    }
    stdout = Linux.pipe();
    stderr = Linux.pipe();
    Linux.setNonBlocking(stdout[0]);
    Linux.setNonBlocking(stderr[0]);
  }

  /**
   * Adds the steps.
   *
   * @param gate a directory in the process's view with three FIFOs at which the new process waits
   *     before it becomes its command; null for none
   */
  public void add(List<String> command, List<String> environment, @Nullable String gate) {
    MemorySegment actions = program.memory(FILE_ACTIONS_SIZE);
    MemorySegment attributes = program.memory(ATTRIBUTES_SIZE);
    MemorySegment signals = program.memory(128);
    signals.fill((byte) 0xff);
    MemorySegment noSignals = program.memory(128);
    Program.Slot path = program.slot(0);
    String name = command.getFirst();
    program.findExecutable("exec: \"" + name + "\"", path, candidates(name, environment));
    if (tty) {
      MemorySegment unlock = program.memory(8);
      program
          .callInto(
              terminal,
              "open /dev/ptmx",
              SystemCall.OPENAT,
              Constants.AT_FDCWD,
              "/dev/ptmx",
              Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_CLOEXEC | Constants.O_NONBLOCK,
              0)
          .call(
              "unlock terminal", SystemCall.IOCTL, terminal, Constants.TIOCSPTLCK, unlock.address())
          .callInto(
              slave,
              "open terminal",
              SystemCall.IOCTL,
              terminal,
              Constants.TIOCGPTPEER,
              Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_CLOEXEC);
    }
    call("posix_spawn_file_actions_init", actions.address());
    if (tty) {
      call("posix_spawn_file_actions_adddup2", actions.address(), slave, 0);
      call("posix_spawn_file_actions_adddup2", actions.address(), slave, 1);
      call("posix_spawn_file_actions_adddup2", actions.address(), slave, 2);
    } else {
      call("posix_spawn_file_actions_adddup2", actions.address(), stdin[0], 0);
      call("posix_spawn_file_actions_adddup2", actions.address(), stdout[1], 1);
      call("posix_spawn_file_actions_adddup2", actions.address(), stderr[1], 2);
    }
    call("posix_spawn_file_actions_addclosefrom_np", actions.address(), 3);
    if (gate != null) {
      open(actions, 3, gate + "/go", Constants.O_RDONLY | Constants.O_NONBLOCK);
      open(actions, 4, gate + "/ready", Constants.O_WRONLY);
      open(actions, 5, gate + "/mounted", Constants.O_RDONLY);
      // The gate is taken away now: what waits is an open of what is open already.
      open(actions, 6, "/proc/self/fd/3", Constants.O_RDONLY);
      call("posix_spawn_file_actions_addclosefrom_np", actions.address(), 3);
    }
    if (tty) {
      // Opening it in the new session makes it the controlling terminal.
      open(actions, 3, "/proc/self/fd/0", Constants.O_RDWR);
      call("posix_spawn_file_actions_addclosefrom_np", actions.address(), 3);
    }
    call("posix_spawnattr_init", attributes.address());
    call(
        "posix_spawnattr_setflags",
        attributes.address(),
        Constants.POSIX_SPAWN_SETSID
            | Constants.POSIX_SPAWN_SETSIGDEF
            | Constants.POSIX_SPAWN_SETSIGMASK);
    call("posix_spawnattr_setsigdefault", attributes.address(), signals.address());
    call("posix_spawnattr_setsigmask", attributes.address(), noSignals.address());
    program.function(
        "exec: \"" + name + "\"",
        function("posix_spawn"),
        pid.memory().address(),
        path,
        actions.address(),
        attributes.address(),
        program.texts(command),
        program.texts(environment));
  }

  private void open(MemorySegment actions, int descriptor, String path, int flags) {
    call("posix_spawn_file_actions_addopen", actions.address(), descriptor, path, flags, 0);
  }

  private void call(String name, Object... arguments) {
    program.function(name, function(name), arguments);
  }

  private static MemorySegment function(String name) {
    return Linux.function(name)
        .orElseThrow(() -> new UnsupportedOperationException("this C library has no " + name));
  }

  /** The paths that a name may stand for, by the PATH of its environment. */
  static List<String> candidates(String name, List<String> environment) {
    if (name.contains("/")) {
      return List.of(name);
    }
    List<String> paths = new ArrayList<>();
    for (String variable : environment) {
      if (variable.startsWith("PATH=")) {
        paths.clear();
        for (String directory : variable.substring(5).split(":", -1)) {
          paths.add((directory.isEmpty() ? "." : directory) + "/" + name);
        }
      }
    }
    return paths;
  }

  /** Closes the new process's ends; to be called after the program ran, whatever came of it. */
  public void started() {
    Linux.close(stdin[0]);
    Linux.close(stdout[1]);
    Linux.close(stderr[1]);
    Linux.close((int) slave.get());
  }

  /** Closes our ends too, after a failure. */
  public void failed() {
    Linux.close(stdin[1]);
    Linux.close(stdout[0]);
    Linux.close(stderr[0]);
    Linux.close((int) terminal.get());
  }

  public int pid() {
    // posix_spawn writes an int; the slot was zero.
    return pid.memory().get(ValueLayout.JAVA_INT, 0);
  }

  /** The writing end of its standard input (the terminal, if it has one); -1 for none. */
  public int stdin() {
    return tty ? (int) terminal.get() : stdin[1];
  }

  public int stdout() {
    return tty ? (int) terminal.get() : stdout[0];
  }

  /** -1 with a terminal. */
  public int stderr() {
    return stderr[0];
  }
}
