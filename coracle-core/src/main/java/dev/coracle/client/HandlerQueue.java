package dev.coracle.client;

import dev.coracle.api.KubeObject;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * News on its way to one handler, told by one virtual thread. Updates of an object that wait
 * together become one. The queue is bounded: who offers waits for room first ({@link #awaitRoom}),
 * so a slow handler slows its informer's watch down, and never loses news.
 */
final class HandlerQueue {

  private static final Logger LOG = LoggerFactory.getLogger(HandlerQueue.class);

  /** One object's change, or (with neither state) a mark that runs an action when reached. */
  private static final class News {
    final @Nullable KubeObject before;
    @Nullable KubeObject now;
    final @Nullable Runnable mark;

    News(@Nullable KubeObject before, @Nullable KubeObject now, @Nullable Runnable mark) {
      this.before = before;
      this.now = now;
      this.mark = mark;
    }
  }

  private final SharedInformer.Handler handler;
  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final ArrayDeque<News> waiting = new ArrayDeque<>();
  private final Map<String, News> newest = new HashMap<>();
  private boolean closed;

  HandlerQueue(String name, SharedInformer.Handler handler, int capacity) {
    this.handler = handler;
    this.capacity = capacity;
    Thread.ofVirtual().name("informer-" + name).start(this::tell);
  }

  /** Waits while the queue is full; returns at once when it is closed. */
  void awaitRoom() {
    lock.lock();
    try {
      while (waiting.size() >= capacity && !closed) {
        room.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Appends a change.
   *
   * @param before null when the object is new
   * @param now null when the object is gone; then {@code last} is its last state
   */
  void offer(@Nullable KubeObject before, @Nullable KubeObject now, @Nullable KubeObject last) {
    KubeObject any = now != null ? now : last;
    if (any == null) {
      return;
    }
    lock.lock();
    try {
      if (closed) {
        return;
      }
      String key = any.key();
      News pending = newest.get(key);
      if (now != null && before != null && pending != null && pending.now != null) {
        pending.now = now;
        return;
      }
      News news = now != null ? new News(before, now, null) : new News(any, null, null);
      waiting.addLast(news);
      newest.put(key, news);
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Runs an action when everything offered before was told; at once when the queue is closed. */
  void mark(Runnable action) {
    lock.lock();
    try {
      if (!closed) {
        waiting.addLast(new News(null, null, action));
        arrived.signal();
        return;
      }
    } finally {
      lock.unlock();
    }
    action.run();
  }

  void close() {
    ArrayDeque<News> dropped;
    lock.lock();
    try {
      closed = true;
      dropped = new ArrayDeque<>(waiting);
      waiting.clear();
      newest.clear();
      arrived.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    for (News news : dropped) {
      if (news.mark != null) {
        news.mark.run();
      }
    }
  }

  private @Nullable News next() {
    lock.lock();
    try {
      while (waiting.isEmpty()) {
        if (closed) {
          return null;
        }
        arrived.awaitUninterruptibly();
      }
      News news = waiting.removeFirst();
      KubeObject any = news.now != null ? news.now : news.before;
      if (any != null) {
        newest.remove(any.key(), news);
      }
      room.signal();
      return news;
    } finally {
      lock.unlock();
    }
  }

  private void tell() {
    for (News news = next(); news != null; news = next()) {
      try {
        tell(news);
      } catch (RuntimeException e) {
        LOG.error("a handler failed", e);
      }
    }
  }

  private void tell(News news) {
    KubeObject before = news.before;
    KubeObject now = news.now;
    if (news.mark != null) {
      news.mark.run();
    } else if (now == null) {
      if (before != null) {
        handler.deleted(before);
      }
    } else if (before == null) {
      handler.added(now);
    } else {
      handler.updated(before, now);
    }
  }
}
