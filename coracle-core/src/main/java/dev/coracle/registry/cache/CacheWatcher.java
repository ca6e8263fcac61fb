package dev.coracle.registry.cache;

import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One watcher. While it is told of the past, what happens is kept for it; from then on it is told
 * of each change by the thread that made it. All its fields are guarded by the cache's lock, but
 * for {@code open}.
 */
final class CacheWatcher implements Registry.Watch {

  /** What may happen while a watcher is still told of the past. */
  private static final int MOST_PENDING = 16 * 1024;

  private final WatchCache cache;
  private final String namespace;
  private final Selection selection;
  private final Registry.WatchSink sink;
  private final boolean bookmarks;
  private final long after;
  private @Nullable List<CacheEvent> pending = new ArrayList<>();
  private volatile boolean open = true;

  CacheWatcher(
      WatchCache cache,
      String namespace,
      Selection selection,
      Registry.WatchSink sink,
      boolean bookmarks,
      long after) {
    this.cache = cache;
    this.namespace = namespace;
    this.selection = selection;
    this.sink = sink;
    this.bookmarks = bookmarks;
    this.after = after;
  }

  String namespace() {
    return namespace;
  }

  boolean wantsBookmarks() {
    return bookmarks;
  }

  boolean isOpen() {
    return open;
  }

  /** A change happened; the cache's lock is held. */
  void changed(CacheEvent event) {
    if (event.revision() <= after) {
      return;
    }
    List<CacheEvent> waiting = pending;
    if (waiting == null) {
      tell(event);
    } else if (waiting.size() < MOST_PENDING) {
      waiting.add(event);
    } else {
      end();
    }
  }

  /** Tells the watcher of what was kept for it. The lock is not held. */
  void catchUp() {
    while (open) {
      List<CacheEvent> waiting;
      cache.lock();
      try {
        waiting = pending;
        if (waiting == null || waiting.isEmpty()) {
          pending = null;
          return;
        }
        pending = new ArrayList<>();
      } finally {
        cache.unlock();
      }
      waiting.forEach(this::tell);
    }
  }

  void tell(CacheEvent event) {
    WatchEvent seen = open ? seen(event) : null;
    if (seen != null) {
      offer(seen);
    }
  }

  /** What it is told of a change; null for nothing. */
  @Nullable WatchEvent seen(CacheEvent event) {
    return namespace.isEmpty() || namespace.equals(event.object().namespace())
        ? event.seenBy(selection)
        : null;
  }

  /** Tells it live watchers only: one that is still catching up gets none. */
  void bookmark(WatchEvent bookmark, long revision) {
    if (open && bookmarks && pending == null && revision >= after) {
      offer(bookmark);
    }
  }

  void offer(WatchEvent event) {
    if (open && !sink.offer(event)) {
      cut();
    }
  }

  void offerAll(Iterator<WatchEvent> events) {
    try {
      if (open && !sink.offerAll(events)) {
        cut();
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** It cannot keep up. */
  private void cut() {
    open = false;
    cache.forget(this);
  }

  /** The server ends it. */
  void end() {
    if (open) {
      open = false;
      cache.forget(this);
      sink.ended();
    }
  }

  @Override
  public void close() {
    open = false;
    cache.forget(this);
  }
}
