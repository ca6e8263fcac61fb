package dev.coracle.node.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * System calls and the few functions of the C library that have no call of their own, through one
 * native stub: everything takes up to seven machine words and gives one back, so one linked handle
 * serves them all.
 */
public final class Linux {

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE_LAYOUT.varHandle(java.lang.foreign.MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle CALL =
      LINKER.downcallHandle(
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG),
          Linker.Option.captureCallState("errno"));

  /** The C function {@code syscall(2)}. */
  static final MemorySegment SYSCALL = function("syscall").orElseThrow();

  private Linux() {}

  /** A call that the kernel refused. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int errno;

    Refused(String what, int errno) {
      super(what + ": " + Errno.describe(errno), null, false, false);
      this.errno = errno;
    }

    public int errno() {
      return errno;
    }
  }

  /** Whether this machine is one whose system calls are known here. */
  public static boolean isSupported() {
    return System.getProperty("os.name", "").equals("Linux") && SystemCall.isKnownMachine();
  }

  public static Optional<MemorySegment> function(String name) {
    return LINKER.defaultLookup().find(name);
  }

  /** Memory for the error number of calls made by one thread. */
  static MemorySegment callState(Arena arena) {
    return arena.allocate(STATE_LAYOUT);
  }

  static int errno(MemorySegment callState) {
    return (int) ERRNO.get(callState, 0L);
  }

  /** Calls a C function as it is; its error number is in {@code callState} afterwards. */
  static long invoke(
      MemorySegment function,
      MemorySegment callState,
      long a,
      long b,
      long c,
      long d,
      long e,
      long f,
      long g) {
    try {
      return (long) CALL.invokeExact(function, callState, a, b, c, d, e, f, g);
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }

  /**
   * A system call.
   *
   * @return its result, or minus the error number
   */
  public static long call(SystemCall call, long... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      return call(arena, call, arguments);
    }
  }

  public static long call(Arena arena, SystemCall call, long... arguments) {
    MemorySegment state = callState(arena);
    long result =
        invoke(
            SYSCALL,
            state,
            call.number(),
            at(arguments, 0),
            at(arguments, 1),
            at(arguments, 2),
            at(arguments, 3),
            at(arguments, 4),
            at(arguments, 5));
    return result == -1 ? -errno(state) : result;
  }

  /**
   * A system call that should not fail.
   *
   * @throws Refused with {@code what} and the reason
   */
  public static long must(String what, SystemCall call, long... arguments) {
    long result = call(call, arguments);
    if (result < 0) {
      throw new Refused(what, (int) -result);
    }
    return result;
  }

  private static long at(long[] arguments, int index) {
    return index < arguments.length ? arguments[index] : 0;
  }

  /**
   * Opens a file.
   *
   * @throws Refused when it cannot
   */
  public static int open(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          must(
              "open " + path,
              SystemCall.OPENAT,
              Constants.AT_FDCWD,
              arena.allocateFrom(path).address(),
              flags | Constants.O_CLOEXEC,
              0);
    }
  }

  public static void close(int descriptor) {
    if (descriptor >= 0) {
      long unused = call(SystemCall.CLOSE, descriptor);
    }
  }

  /** A pipe, closed on exec: the reading end, the writing end. */
  static int[] pipe() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(8, 4);
      long unused = must("pipe", SystemCall.PIPE2, ends.address(), Constants.O_CLOEXEC);
      return new int[] {
        ends.get(ValueLayout.JAVA_INT, 0), ends.get(ValueLayout.JAVA_INT, 4),
      };
    }
  }

  static void setNonBlocking(int descriptor) {
    long flags = must("fcntl", SystemCall.FCNTL, descriptor, Constants.F_GETFL);
    long unused =
        must(
            "fcntl", SystemCall.FCNTL, descriptor, Constants.F_SETFL, flags | Constants.O_NONBLOCK);
  }

  /** Unmounts what is mounted at a path, at once and whatever still uses it. */
  public static boolean detach(String path) {
    try (Arena arena = Arena.ofConfined()) {
      return call(SystemCall.UMOUNT2, arena.allocateFrom(path).address(), Constants.MNT_DETACH)
          == 0;
    }
  }

  /**
   * Mounts in the mount namespace of the process.
   *
   * @throws Refused when it cannot
   */
  public static void mount(
      String source, String target, @Nullable String type, long flags, @Nullable String data) {
    try (Arena arena = Arena.ofConfined()) {
      long unused =
          must(
              "mount " + (type == null ? source : type) + " on " + target,
              SystemCall.MOUNT,
              arena.allocateFrom(source).address(),
              arena.allocateFrom(target).address(),
              type == null ? 0 : arena.allocateFrom(type).address(),
              flags,
              data == null ? 0 : arena.allocateFrom(data).address());
    }
  }
}
