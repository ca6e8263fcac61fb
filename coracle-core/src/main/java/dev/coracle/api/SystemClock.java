package dev.coracle.api;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's own time. Its one timer thread only starts virtual threads. */
public final class SystemClock implements Clock, AutoCloseable {

  private final ScheduledThreadPoolExecutor timers;

  public SystemClock() {
    timers =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("coracle-clock").daemon(true).factory());
    timers.setRemoveOnCancelPolicy(true);
  }

  @Override
  public Instant instant() {
    return Instant.now();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    var future =
        timers.schedule(
            () -> Thread.startVirtualThread(task),
            Math.max(0, delay.toNanos()),
            TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public void close() {
    timers.shutdownNow();
  }
}
