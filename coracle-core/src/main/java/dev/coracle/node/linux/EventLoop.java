package dev.coracle.node.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One platform thread that waits for all processes and pipes of a runtime (epoll), so that hundreds
 * of containers cost no thread each. Actions run on it and must not block.
 */
public final class EventLoop implements AutoCloseable, Executor {

  private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
  private static final int EVENTS = 64;
  // struct epoll_event is packed on amd64 only.
  private static final int EVENT_SIZE = System.getProperty("os.arch", "").equals("amd64") ? 12 : 16;
  private static final int DATA = EVENT_SIZE - 8;

  private final ConcurrentHashMap<Integer, Runnable> actions = new ConcurrentHashMap<>();
  private final java.util.concurrent.ConcurrentLinkedQueue<Runnable> tasks =
      new java.util.concurrent.ConcurrentLinkedQueue<>();
  private final int epoll;
  private final int[] wake = Linux.pipe();
  private final Thread thread;
  private volatile boolean closed;

  public EventLoop(String name) {
    epoll = (int) Linux.must("epoll_create1", SystemCall.EPOLL_CREATE1, Constants.O_CLOEXEC);
    Linux.setNonBlocking(wake[0]);
    Linux.setNonBlocking(wake[1]);
    add(wake[0], this::drainWake);
    thread = Thread.ofPlatform().name(name).daemon(true).start(this::run);
  }

  /** Runs {@code action} whenever the descriptor is readable or at its end, until removed. */
  public void add(int descriptor, Runnable action) {
    actions.put(descriptor, action);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(EVENT_SIZE, 8);
      event.set(ValueLayout.JAVA_INT_UNALIGNED, 0, Constants.EPOLLIN);
      event.set(ValueLayout.JAVA_LONG_UNALIGNED, DATA, descriptor);
      long unused =
          Linux.must(
              "epoll_ctl",
              SystemCall.EPOLL_CTL,
              epoll,
              Constants.EPOLL_CTL_ADD,
              descriptor,
              event.address());
    }
  }

  public void remove(int descriptor) {
    if (actions.remove(descriptor) != null) {
      long unused = Linux.call(SystemCall.EPOLL_CTL, epoll, Constants.EPOLL_CTL_DEL, descriptor, 0);
    }
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    wakeUp();
  }

  private void wakeUp() {
    try (Arena arena = Arena.ofConfined()) {
      long unused = Linux.call(SystemCall.WRITE, wake[1], arena.allocate(1).address(), 1);
    }
  }

  private void drainWake() {
    try (Arena arena = Arena.ofConfined()) {
      long unused = Linux.call(SystemCall.READ, wake[0], arena.allocate(256).address(), 256);
    }
    @Nullable Runnable task;
    while ((task = tasks.poll()) != null) {
      guarded(task);
    }
  }

  private void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment events = arena.allocate((long) EVENTS * EVENT_SIZE, 8);
      while (!closed) {
        long count = Linux.call(SystemCall.EPOLL_PWAIT, epoll, events.address(), EVENTS, -1, 0, 8);
        for (int i = 0; i < count; i++) {
          long data = events.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * EVENT_SIZE + DATA);
          Runnable action = actions.get((int) data);
          if (action != null) {
            guarded(action);
          }
        }
      }
    }
    Linux.close(epoll);
    Linux.close(wake[0]);
    Linux.close(wake[1]);
  }

  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.warn("container event", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    wakeUp();
  }
}
