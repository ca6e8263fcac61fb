package dev.coracle.node.pod;

import dev.coracle.api.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** What wakes a Pod's worker: news from other threads, and a time. Also the lock of its state. */
final class PodUpdates implements AutoCloseable {

  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private boolean woken = true;
  private Instant timerAt = Instant.MAX;
  private Clock.Timer timer = () -> {};

  PodUpdates(Clock clock) {
    this.clock = clock;
  }

  /** Changes something and wakes the worker. */
  void tell(Runnable change) {
    lock.lock();
    try {
      change.run();
      woken = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void wake() {
    tell(() -> {});
  }

  void guarded(Runnable change) {
    lock.lock();
    try {
      change.run();
    } finally {
      lock.unlock();
    }
  }

  <T> T read(Supplier<T> value) {
    lock.lock();
    try {
      return value.get();
    } finally {
      lock.unlock();
    }
  }

  /** Sleeps until there is news, and takes it. */
  void await(Runnable take) throws InterruptedException {
    lock.lock();
    try {
      while (!woken) {
        news.await();
      }
      woken = false;
      take.run();
    } finally {
      lock.unlock();
    }
  }

  void retryIn(Duration delay) {
    retryAt(clock.instant().plus(delay));
  }

  /** Wakes the worker at a time, or at an earlier one that was asked for before. */
  void retryAt(Instant at) {
    lock.lock();
    try {
      Instant now = clock.instant();
      if (!timerAt.isAfter(at) && timerAt.isAfter(now)) {
        return;
      }
      timer.cancel();
      timerAt = at;
      timer = clock.schedule(Duration.between(now, at).plusMillis(1), this::rang);
    } finally {
      lock.unlock();
    }
  }

  private void rang() {
    tell(() -> timerAt = Instant.MAX);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      timer.cancel();
    } finally {
      lock.unlock();
    }
  }
}
