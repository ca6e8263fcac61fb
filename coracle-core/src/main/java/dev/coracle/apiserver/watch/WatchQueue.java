package dev.coracle.apiserver.watch;

import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The events on their way to one watcher. It is bounded: a watcher that falls behind is ended after
 * what it has, and must list again. Until it has caught up for the first time the bound is higher,
 * so that it can take all initial events.
 */
public final class WatchQueue implements Registry.WatchSink {

  private static final int MOST = 16 * 1024;
  private static final int MOST_AT_FIRST = 1024 * 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private ArrayDeque<WatchEvent> events = new ArrayDeque<>();
  private boolean caughtUp;
  private boolean ended;
  private boolean overrun;

  @Override
  public boolean offer(WatchEvent event) {
    lock.lock();
    try {
      if (ended) {
        return false;
      }
      if (events.size() >= (caughtUp ? MOST : MOST_AT_FIRST)) {
        ended = true;
        overrun = true;
        changed.signal();
        return false;
      }
      events.addLast(event);
      if (events.size() == 1) {
        changed.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void ended() {
    lock.lock();
    try {
      ended = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The watcher is gone: nothing more is wanted. */
  public void cancel() {
    lock.lock();
    try {
      ended = true;
      events.clear();
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the watcher was ended because it fell behind. */
  public boolean overrun() {
    lock.lock();
    try {
      return overrun;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for events.
   *
   * @return all that are there, in order; null when the watch is over
   */
  public @Nullable List<WatchEvent> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (events.isEmpty()) {
        caughtUp = true;
        if (ended) {
          return null;
        }
        changed.await();
      }
      List<WatchEvent> batch = new ArrayList<>(events);
      events = new ArrayDeque<>();
      return batch;
    } finally {
      lock.unlock();
    }
  }
}
