package dev.coracle.apiserver.watch;

import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The events on their way to one watcher. It is bounded, by their number and by their bytes: a
 * watcher that falls behind is ended after what it has, and must list again. The objects that it
 * begins with do not count: they are looked up as they are taken.
 */
public final class WatchQueue implements Registry.WatchSink {

  private static final int MOST = 16 * 1024;
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  /** What may happen while a watcher reads what it begins with. */
  private static final int MOST_AT_FIRST = 100_000;

  private static final int PAGE = 64;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private ArrayDeque<WatchEvent> events = new ArrayDeque<>();
  private @Nullable Iterator<WatchEvent> initial;
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

  /** Events that are made as they are taken; they count nowhere. */
  @Override
  public boolean offerAll(Iterator<WatchEvent> first) {
    lock.lock();
    try {
      if (!events.isEmpty() || initial != null) {
        return Registry.WatchSink.super.offerAll(first);
      }
      initial = first;
      changed.signal();
      return !ended;
    } finally {
      lock.unlock();
    }
  }

  /** The watch has begun: what is there now is what it begins with, and has no bound. */
  public void begun() {
    lock.lock();
    try {
      most = events.size() + MOST_AT_FIRST;
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
      initial = null;
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
   * @return what is there, in order, the caller's own; null when the watch is over
   */
  public @Nullable Queue<WatchEvent> take() throws InterruptedException {
    Iterator<WatchEvent> first;
    lock.lockInterruptibly();
    try {
      first = initial;
    } finally {
      lock.unlock();
    }
    if (first != null) {
      Queue<WatchEvent> page = new ArrayDeque<>(PAGE);
      while (page.size() < PAGE && first.hasNext()) {
        page.add(first.next());
      }
      if (!page.isEmpty()) {
        return page;
      }
    }
    return takeLive();
  }

  private @Nullable Queue<WatchEvent> takeLive() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      initial = null;
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
