package dev.coracle.api;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;

/**
 * A time that stands still until somebody turns it. Due tasks run on threads of their own, in the
 * order of their times; {@link #advance} returns when they have all been run.
 */
public final class ControllableClock implements Clock {

  private record Due(Instant at, long order, Runnable task) {}

  private final PriorityQueue<Due> waiting =
      new PriorityQueue<>(Comparator.comparing(Due::at).thenComparing(Due::order));
  private Instant now;
  private long order;

  public ControllableClock(Instant now) {
    this.now = now;
  }

  @Override
  public synchronized Instant instant() {
    return now;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    if (delay.isZero() || delay.isNegative()) {
      Thread.startVirtualThread(task);
      return () -> {};
    }
    synchronized (this) {
      Due due = new Due(now.plus(delay), order++, task);
      waiting.add(due);
      return () -> cancel(due);
    }
  }

  private synchronized void cancel(Due due) {
    waiting.remove(due);
  }

  /** How many tasks wait for their time. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /** Turns the time forward, and runs what becomes due at its own time on the way. */
  public void advance(Duration by) {
    Instant target = instant().plus(by);
    while (true) {
      List<Due> due = new ArrayList<>();
      synchronized (this) {
        Due first = waiting.peek();
        if (first == null || first.at.isAfter(target)) {
          now = target;
          return;
        }
        now = first.at;
        while (true) {
          Due next = waiting.peek();
          if (next == null || next.at.isAfter(now)) {
            break;
          }
          due.add(next);
          waiting.remove();
        }
      }
      for (Due next : due) {
        run(next.task);
      }
    }
  }

  private static void run(Runnable task) {
    CountDownLatch ran = new CountDownLatch(1);
    Thread.startVirtualThread(
        () -> {
          try {
            task.run();
          } finally {
            ran.countDown();
          }
        });
    try {
      ran.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
