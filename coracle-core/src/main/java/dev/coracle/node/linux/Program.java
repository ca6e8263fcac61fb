package dev.coracle.node.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of system calls, prepared with all their arguments, that one thread makes in order until
 * one fails.
 *
 * <p>Why not simply Java code that makes them: between its first unshare and its end such a thread
 * sees other files than the rest of the process. A class loaded there would be looked for in the
 * container's root, and a thread started there (by unparking a virtual thread, for one) would live
 * in the container's namespaces for ever. So everything is prepared outside; inside runs one loop
 * over words of memory; the answer is read by joining the thread.
 */
public final class Program implements AutoCloseable {

  /** A place for a result that later steps take as an argument. */
  public record Slot(MemorySegment memory) {
    public long get() {
      return memory.get(ValueLayout.JAVA_LONG, 0);
    }

    void set(long value) {
      memory.set(ValueLayout.JAVA_LONG, 0, value);
    }
  }

  /** What went wrong, and where. */
  public record Failure(String what, int errno) {
    public Linux.Refused toException() {
      return new Linux.Refused(what, errno);
    }
  }

  private static final class Step {
    final String what;
    final MemorySegment function;
    final long[] arguments = new long[7];
    final @Nullable Slot[] from = new Slot[7];
    final int[] ignored;
    final boolean resultIsErrno;
    boolean finds;
    @Nullable Slot result;
    @Nullable Step otherwise;

    Step(String what, MemorySegment function, boolean resultIsErrno, int[] ignored) {
      this.what = what;
      this.function = function;
      this.resultIsErrno = resultIsErrno;
      this.ignored = ignored;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final List<Step> steps = new ArrayList<>();
  private final List<Runnable> atClose = new ArrayList<>();

  public Slot slot(long initial) {
    Slot slot = new Slot(arena.allocate(ValueLayout.JAVA_LONG));
    slot.set(initial);
    return slot;
  }

  long text(String text) {
    return arena.allocateFrom(text).address();
  }

  public MemorySegment memory(long bytes) {
    return arena.allocate(bytes, 16);
  }

  /** A null-terminated array of C strings. */
  long texts(List<String> texts) {
    MemorySegment array = arena.allocate(8L * (texts.size() + 1), 8);
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(ValueLayout.JAVA_LONG, i, text(texts.get(i)));
    }
    return array.address();
  }

  public void atClose(Runnable action) {
    atClose.add(action);
  }

  /** Adds a system call; an argument is a number, a string or a slot. */
  public Program call(String what, SystemCall call, Object... arguments) {
    return add(what, null, new int[0], call, arguments);
  }

  public Program callInto(Slot result, String what, SystemCall call, Object... arguments) {
    return add(what, result, new int[0], call, arguments);
  }

  /** Adds a system call of which some failures do not matter. */
  public Program callUnless(int[] ignored, String what, SystemCall call, Object... arguments) {
    return add(what, null, ignored, call, arguments);
  }

  /**
   * Adds a system call that is made only if the one added last fails; then it alone counts. The
   * slot of the one before tells which one it was.
   */
  public Program otherwise(String what, SystemCall call, Object... arguments) {
    Step first = steps.getLast();
    Program unused = add(what, null, new int[0], call, arguments);
    first.otherwise = steps.removeLast();
    return this;
  }

  private Program add(
      String what, @Nullable Slot result, int[] ignored, SystemCall call, Object... arguments) {
    Step step = new Step(what, Linux.SYSCALL, false, ignored);
    step.arguments[0] = call.number();
    fill(step, 1, arguments);
    step.result = result;
    steps.add(step);
    return this;
  }

  /** Adds a C function that returns 0 or an error number. */
  public Program function(String what, MemorySegment function, Object... arguments) {
    Step step = new Step(what, function, true, new int[0]);
    fill(step, 0, arguments);
    steps.add(step);
    return this;
  }

  /**
   * Puts the first of some paths that can be executed into a slot. When none can, the program fails
   * with "no such file".
   */
  Program findExecutable(String what, Slot result, List<String> candidates) {
    Step step = new Step(what, Linux.SYSCALL, false, new int[0]);
    MemorySegment array = arena.allocate(8L * Math.max(1, candidates.size()), 8);
    for (int i = 0; i < candidates.size(); i++) {
      array.setAtIndex(ValueLayout.JAVA_LONG, i, text(candidates.get(i)));
    }
    step.finds = true;
    step.arguments[0] = candidates.size();
    step.from[0] = new Slot(array);
    step.result = result;
    steps.add(step);
    return this;
  }

  private void fill(Step step, int first, Object... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case Integer number -> step.arguments[first + i] = number;
        case Long number -> step.arguments[first + i] = number;
        case String text -> step.arguments[first + i] = text(text);
        case Slot slot -> step.from[first + i] = slot;
        default -> throw new IllegalArgumentException(arguments[i].getClass().getName());
      }
    }
  }

  /**
   * Runs on a new platform thread of its own, which ends with the program.
   *
   * @return null when every step succeeded
   */
  public @Nullable Failure run(String name) {
    return start(name).await();
  }

  /** Starts to run on a thread of its own. */
  public Started start(String name) {
    Running running = new Running(steps.toArray(new Step[0]), Linux.callState(arena));
    Thread thread = Thread.ofPlatform().name(name).daemon(true).unstarted(running);
    thread.start();
    return () -> join(thread, running);
  }

  /** A program on its way. */
  public interface Started {
    /** Waits for the end; null when every step succeeded. */
    @Nullable Failure await();
  }

  private static @Nullable Failure join(Thread thread, Running running) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Step failed = running.failed;
    return failed == null ? null : new Failure(failed.what, running.errno);
  }

  /**
   * As {@link #run}.
   *
   * @throws Linux.Refused for the step that failed
   */
  public void mustRun(String name) {
    Failure failure = run(name);
    if (failure != null) {
      throw failure.toException();
    }
  }

  @Override
  public void close() {
    atClose.forEach(Runnable::run);
    arena.close();
  }

  private static final class Running implements Runnable {
    private final Step[] steps;
    private final MemorySegment state;
    private final long[] words = new long[7];
    volatile @Nullable Step failed;
    volatile int errno;

    Running(Step[] steps, MemorySegment state) {
      this.steps = steps;
      this.state = state;
    }

    @Override
    public void run() {
      for (int i = 0; i < steps.length; i++) {
        Step step = steps[i];
        int error = step.finds ? find(step) : make(step);
        if (error != 0 && step.otherwise != null) {
          step = step.otherwise;
          error = make(step);
        }
        if (error != 0 && !contains(step.ignored, error)) {
          errno = error;
          failed = step;
          return;
        }
      }
    }

    private int make(Step step) {
      for (int i = 0; i < 7; i++) {
        Slot slot = step.from[i];
        words[i] = slot == null ? step.arguments[i] : slot.memory.get(ValueLayout.JAVA_LONG, 0);
      }
      long result =
          Linux.invoke(
              step.function,
              state,
              words[0],
              words[1],
              words[2],
              words[3],
              words[4],
              words[5],
              words[6]);
      if (step.resultIsErrno) {
        return (int) result;
      }
      if (result == -1) {
        return Linux.errno(state);
      }
      if (step.result != null) {
        step.result.memory.set(ValueLayout.JAVA_LONG, 0, result);
      }
      return 0;
    }

    private int find(Step step) {
      int why = Constants.ENOENT;
      Slot candidates = step.from[0];
      Slot result = step.result;
      if (candidates == null || result == null) {
        return why;
      }
      for (long i = 0; i < step.arguments[0]; i++) {
        long path = candidates.memory.getAtIndex(ValueLayout.JAVA_LONG, i);
        long answer =
            Linux.invoke(
                Linux.SYSCALL, state, FACCESSAT, Constants.AT_FDCWD, path, Constants.X_OK, 0, 0, 0);
        if (answer == 0) {
          result.memory.set(ValueLayout.JAVA_LONG, 0, path);
          return 0;
        }
        if (Linux.errno(state) != Constants.ENOENT) {
          why = Linux.errno(state);
        }
      }
      return why;
    }

    private static final int FACCESSAT = SystemCall.FACCESSAT.number();

    private static boolean contains(int[] errors, int error) {
      for (int i = 0; i < errors.length; i++) {
        if (errors[i] == error) {
          return true;
        }
      }
      return false;
    }
  }
}
