package dev.coracle.apiserver.watch;

import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The events on their way to one watcher. It is bounded, by their number and by their bytes: a
 * watcher that falls behind is ended, and what waited for it is dropped, so that it goes on from
 * where it is by a watch from there, or by a list. Events are shared by all watchers; the objects
 * that it begins with are looked up as they are taken.
 */
public final class WatchQueue implements Registry.WatchSink {

  private static final int MOST = 16 * 1024;
  private static final long MOST_BYTES = 64L * 1024 * 1024;
  private static final int PAGE = 64;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private ArrayDeque<WatchEvent> events = new ArrayDeque<>();
  private @Nullable Iterator<WatchEvent> initial;
  private volatile UnaryOperator<List<WatchEvent>> view = UnaryOperator.identity();
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
        overrun = true;
        endAtOnce();
        return false;
      }
      events.addLast(event);
      bytes += size(event);
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

  @Override
  public boolean showThrough(UnaryOperator<List<WatchEvent>> seen) {
    view = seen;
    return true;
  }

  /** The watch has begun: what is there now is what it begins with, and has no bound. */
  public void begun() {
    lock.lock();
    try {
      most = events.size() + MOST;
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
      endAtOnce();
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
   * @return some of what is there, in order, the caller's own; null when the watch is over
   */
  public @Nullable Queue<WatchEvent> take() throws InterruptedException {
    try {
      while (true) {
        List<WatchEvent> taken = takeInitial();
        if (taken.isEmpty()) {
          taken = takeLive();
        }
        if (taken.isEmpty()) {
          return null;
        }
        List<WatchEvent> seen = view.apply(taken);
        if (!seen.isEmpty()) {
          return new ArrayDeque<>(seen);
        }
      }
    } catch (StatusException failure) {
      cancel();
      return new ArrayDeque<>(List.of(WatchEvent.error(failure.status())));
    }
  }

  private List<WatchEvent> takeInitial() throws InterruptedException {
    Iterator<WatchEvent> first;
    lock.lockInterruptibly();
    try {
      first = initial;
    } finally {
      lock.unlock();
    }
    List<WatchEvent> taken = new ArrayList<>();
    while (first != null && taken.size() < PAGE && first.hasNext()) {
      taken.add(first.next());
    }
    return taken;
  }

  private List<WatchEvent> takeLive() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      initial = null;
      while (events.isEmpty()) {
        most = MOST;
        mostBytes = MOST_BYTES;
        if (ended) {
          return List.of();
        }
        changed.await();
      }
      int behind = events.size();
      List<WatchEvent> taken = new ArrayList<>(Math.min(behind, PAGE));
      while (taken.size() < PAGE && !events.isEmpty()) {
        WatchEvent event = events.removeFirst();
        bytes -= size(event);
        taken.add(event);
      }
      if (behind > PAGE && events.isEmpty()) {
        // A watcher that once was far behind does not keep the room for that.
        events = new ArrayDeque<>();
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void endAtOnce() {
    ended = true;
    events = new ArrayDeque<>();
    initial = null;
    bytes = 0;
    changed.signal();
  }

  private static int size(WatchEvent event) {
    return event.object().json().length;
  }
}
