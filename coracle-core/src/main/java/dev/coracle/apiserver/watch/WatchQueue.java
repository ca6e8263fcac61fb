package dev.coracle.apiserver.watch;

import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The events on their way to one watcher. It is bounded, by their number and by their bytes: a
 * watcher that falls behind is ended after what it has, and must list again. The objects that it
 * begins with do not count.
 */
public final class WatchQueue implements Registry.WatchSink {

  private static final int MOST = 16 * 1024;
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  /** Events of custom resources may still have to be converted when a watch has begun. */
  private static final int MOST_CONVERTED = 100_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private ArrayDeque<WatchEvent> events = new ArrayDeque<>();
  private long bytes;
  private int most = Integer.MAX_VALUE;
  private long mostBytes = Long.MAX_VALUE;
  private boolean ended;
  private boolean overrun;

  @Override
  public boolean offer(WatchEvent event) {
    lock.lock();
    try {
      if (ended) {
        return false;
      }
      if (events.size() >= most || bytes >= mostBytes) {
        ended = true;
        overrun = true;
        changed.signal();
        return false;
      }
      events.addLast(event);
      bytes += event.object().json().length;
      if (events.size() == 1) {
        changed.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The watch has begun: what is there are the objects that it begins with, or most of them.
   *
   * @param converted whether more of them may come
   */
  public void begun(boolean converted) {
    lock.lock();
    try {
      most = events.size() + (converted ? MOST_CONVERTED : MOST);
      mostBytes = bytes + MOST_BYTES;
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
      bytes = 0;
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
   * @return all that are there, in order, the caller's own; null when the watch is over
   */
  public @Nullable Queue<WatchEvent> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (events.isEmpty()) {
        most = MOST;
        mostBytes = MOST_BYTES;
        if (ended) {
          return null;
        }
        changed.await();
      }
      Queue<WatchEvent> batch = events;
      events = new ArrayDeque<>();
      bytes = 0;
      return batch;
    } finally {
      lock.unlock();
    }
  }
}
