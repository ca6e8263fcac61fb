package dev.coracle.api;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A time that somebody can turn forward. Between turns it stands still, or runs as another clock
 * does. Tasks that become due by a turn run on threads of their own, in the order of their times;
 * {@link #advance} returns when they have all been run.
 */
public final class ControllableClock implements Clock, AutoCloseable {

  private record Due(Instant at, long order, Runnable task) {}

  private final PriorityQueue<Due> waiting =
      new PriorityQueue<>(Comparator.comparing(Due::at).thenComparing(Due::order));
  private final InstantSource base;
  private final @Nullable SystemClock running;

  /** What was turned so far. */
  private Duration turned = Duration.ZERO;

  private long order;
  private @Nullable Timer next;
  private @Nullable Instant nextAt;

  /** A clock that stands still. */
  public ControllableClock(Instant now) {
    this.base = InstantSource.fixed(now);
    this.running = null;
  }

  /**
   * A clock that runs.
   *
   * @param running closed with this one
   */
  public ControllableClock(SystemClock running) {
    this.base = running;
    this.running = running;
  }

  /**
   * A clock that runs, but from another time than now.
   *
   * @param running closed with this one
   */
  public ControllableClock(SystemClock running, Instant now) {
    this(running);
    this.turned = Duration.between(running.instant(), now);
  }

  @Override
  public synchronized Instant instant() {
    return base.instant().plus(turned);
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    if (delay.isZero() || delay.isNegative()) {
      Thread.startVirtualThread(task);
      return () -> {};
    }
    synchronized (this) {
      Due due = new Due(instant().plus(delay), order++, task);
      waiting.add(due);
      ring();
      return () -> cancel(due);
    }
  }

  private synchronized void cancel(Due due) {
    waiting.remove(due);
    ring();
  }

  /** How many tasks wait for their time. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /**
   * Turns the time forward, and runs what becomes due at its own time on the way. Turns by two
   * threads come one after the other.
   */
  public void advance(Duration by) {
    Instant target = instant().plus(by);
    while (true) {
      List<Due> due;
      synchronized (this) {
        Due first = waiting.peek();
        boolean last = first == null || first.at.isAfter(target);
        turnTo(last ? target : first.at);
        if (last) {
          ring();
          return;
        }
        due = takeDue();
      }
      for (Due task : due) {
        run(task.task);
      }
    }
  }

  /** Never back: a running clock may have passed the instant already. */
  private void turnTo(Instant instant) {
    Duration ahead = Duration.between(instant(), instant);
    if (!ahead.isNegative()) {
      turned = turned.plus(ahead);
    }
  }

  private List<Due> takeDue() {
    Instant now = instant();
    List<Due> due = new ArrayList<>();
    while (true) {
      Due first = waiting.peek();
      if (first == null || first.at.isAfter(now)) {
        return due;
      }
      due.add(first);
      waiting.remove();
    }
  }

  /** Has the running clock call when the first task is due. */
  private void ring() {
    if (running == null) {
      return;
    }
    Due first = waiting.peek();
    if (next != null) {
      if (first != null && first.at.equals(nextAt)) {
        return;
      }
      next.cancel();
      next = null;
    }
    if (first != null) {
      nextAt = first.at;
      next = running.schedule(Duration.between(instant(), first.at), this::rang);
    }
  }

  private void rang() {
    List<Due> due;
    synchronized (this) {
      next = null;
      due = takeDue();
      ring();
    }
    for (Due task : due) {
      Thread.startVirtualThread(task.task);
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

  @Override
  public void close() {
    if (running != null) {
      running.close();
    }
  }
}
