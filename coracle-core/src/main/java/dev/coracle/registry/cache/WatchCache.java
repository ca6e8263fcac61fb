package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import dev.coracle.store.CompactedException;
import dev.coracle.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One resource's newest objects, its last changes, and its watchers. It fills itself from the store
 * when it is first used.
 *
 * <p>A change is applied, kept and told to the watchers by the store's telling thread under one
 * lock, so every watcher sees the changes in the order of revisions and a reader who comes after an
 * acknowledged write sees it. Readers take {@link #snapshot()} without the lock.
 *
 * <p>Thread-safe.
 */
public final class WatchCache {

  /**
   * @param tree the objects
   * @param revision the revision at which all of them stood so
   */
  public record Snapshot(ObjectTree tree, long revision) {}

  /**
   * How much history is kept at most.
   *
   * @param bytes of states that only history keeps alive
   */
  public record Bounds(int changes, long bytes) {

    /** What a heap of this size can afford for each resource. */
    public static Bounds ofHeap() {
      long share = Runtime.getRuntime().maxMemory() / 128;
      return new Bounds(10_000, Math.clamp(share, 1L << 20, 16L << 20));
    }
  }

  private static final int PAGE = 5_000;

  private final Store store;
  private final String prefix;
  private final Bounds bounds;
  private final ReentrantLock filling = new ReentrantLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final EventRing ring = new EventRing();
  private final Set<CacheWatcher> everywhere = new LinkedHashSet<>();
  private final Map<String, Set<CacheWatcher>> byNamespace = new ConcurrentHashMap<>();

  private volatile @Nullable Snapshot newest;
  private volatile boolean ready;
  private volatile Store.@Nullable Watch feed;

  public WatchCache(Store store, String prefix, Bounds bounds) {
    this.store = store;
    this.prefix = prefix;
    this.bounds = bounds;
  }

  /** The newest state, not behind any write acknowledged before this call. */
  public Snapshot snapshot() {
    Snapshot snapshot = filled();
    long needed = store.readRevision();
    return snapshot.revision() >= needed ? snapshot : awaitRevision(needed, Duration.ofSeconds(10));
  }

  /**
   * The newest state that this process has seen; behind {@link #snapshot()} by a moment at most.
   */
  public Snapshot seen() {
    return filled();
  }

  /**
   * A state that is at least as new as the revision.
   *
   * @throws StatusException 504 when it does not come in time
   */
  public Snapshot awaitRevision(long revision, Duration patience) {
    Snapshot snapshot = filled();
    if (snapshot.revision() >= revision) {
      return snapshot;
    }
    lock.lock();
    try {
      long left = patience.toNanos();
      while (true) {
        snapshot = newest;
        if (snapshot == null) {
          throw StatusException.serviceUnavailable("the watch cache was closed");
        }
        if (snapshot.revision() >= revision) {
          return snapshot;
        }
        if (left <= 0) {
          throw Failures.tooLargeRevision(revision, snapshot.revision());
        }
        left = moved.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StatusException.timeout("interrupted while waiting for revision " + revision);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The objects as they were at a revision, from what the cache still knows; null when it does not.
   */
  public @Nullable ObjectTree at(long revision) {
    filled();
    lock.lock();
    try {
      Snapshot snapshot = newest;
      if (snapshot == null) {
        return null;
      }
      return revision >= snapshot.revision() ? snapshot.tree() : ring.at(revision, snapshot.tree());
    } finally {
      lock.unlock();
    }
  }

  /** Where a watch starts. */
  public sealed interface Start {
    /** The revision up to which nothing is told. */
    default long after() {
      return 0;
    }

    /**
     * After a revision: what came later is told. One that is still to come is waited for as long as
     * the watch lasts, as the API's documentation has it.
     */
    record After(long revision) implements Start {
      @Override
      public long after() {
        return revision;
      }
    }

    /**
     * With the state now, as ADDED events.
     *
     * @param notOlderThan a revision that the state must have reached
     * @param end the bookmark that ends the initial events, of the revision of the state; null for
     *     none
     */
    record Now(long notOlderThan, java.util.function.@Nullable LongFunction<WatchEvent> end)
        implements Start {}
  }

  /**
   * Starts a watch.
   *
   * @throws StatusException 410 when the revision is older than the history that is kept, 504 when
   *     a state is asked for that does not come in time
   */
  public Registry.Watch watch(
      String namespace,
      Selection selection,
      Start start,
      boolean bookmarks,
      Registry.WatchSink sink) {
    CacheWatcher watcher =
        new CacheWatcher(this, namespace, selection, sink, bookmarks, start.after());
    switch (start) {
      case Start.After after -> {
        List<CacheEvent> past;
        long registeredAt;
        Snapshot snapshot = filled();
        lock.lock();
        try {
          Snapshot newer = newest;
          registeredAt = (newer == null ? snapshot : newer).revision();
          past = ring.after(after.revision());
          register(watcher);
        } finally {
          lock.unlock();
        }
        if (past == null) {
          watcher.offerAll(olderPast(watcher, after.revision(), registeredAt));
        } else {
          past.forEach(watcher::tell);
        }
      }
      case Start.Now now -> {
        Snapshot state =
            awaitRevision(
                Math.max(now.notOlderThan(), store.readRevision()), Duration.ofSeconds(3));
        lock.lock();
        try {
          Snapshot newer = newest;
          state = newer == null ? state : newer;
          register(watcher);
        } finally {
          lock.unlock();
        }
        watcher.offerAll(new InitialEvents(state.tree(), namespace, selection));
        if (now.end() != null) {
          watcher.offer(now.end().apply(state.revision()));
        }
      }
    }
    watcher.catchUp();
    return watcher;
  }

  /** What happened between two revisions, from the store, which remembers longer. */
  private PastEvents olderPast(CacheWatcher watcher, long after, long upTo) {
    try {
      return new PastEvents(store, prefix, after, upTo, watcher::seen);
    } catch (RuntimeException e) {
      watcher.close();
      throw e;
    }
  }

  /** Whether a watch of this cache is running that takes bookmarks. */
  public boolean wantsBookmarks() {
    for (CacheWatcher watcher : watchers()) {
      if (watcher.wantsBookmarks()) {
        return true;
      }
    }
    return false;
  }

  /** Tells a bookmark of the newest revision to all watchers that take them. */
  public void bookmark(java.util.function.LongFunction<WatchEvent> bookmark) {
    lock.lock();
    try {
      Snapshot snapshot = newest;
      if (snapshot == null) {
        return;
      }
      WatchEvent event = bookmark.apply(snapshot.revision());
      for (CacheWatcher watcher : watchers()) {
        watcher.bookmark(event, snapshot.revision());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends a watch for the server's reasons, with a last bookmark if the watcher takes them. */
  public void end(Registry.Watch watch, java.util.function.LongFunction<WatchEvent> bookmark) {
    if (watch instanceof CacheWatcher watcher) {
      lock.lock();
      try {
        Snapshot snapshot = newest;
        if (snapshot != null && watcher.wantsBookmarks()) {
          watcher.bookmark(bookmark.apply(snapshot.revision()), snapshot.revision());
        }
      } finally {
        lock.unlock();
      }
      watcher.end();
    }
  }

  /** How many watches are running. */
  public int watcherCount() {
    return watchers().size();
  }

  /** Ends all watches; who still wants to know comes again. */
  public void endWatches() {
    watchers().forEach(CacheWatcher::end);
  }

  /** Ends all watches and forgets everything; the next use fills the cache again. */
  public void close() {
    Store.Watch closing;
    List<CacheWatcher> ending;
    lock.lock();
    try {
      closing = feed;
      feed = null;
      ready = false;
      newest = null;
      ring.clear(0);
      ending = watchers();
      moved.signalAll();
    } finally {
      lock.unlock();
    }
    if (closing != null) {
      closing.close();
    }
    ending.forEach(CacheWatcher::end);
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  void forget(CacheWatcher watcher) {
    lock.lock();
    try {
      if (watcher.namespace().isEmpty()) {
        everywhere.remove(watcher);
        return;
      }
      Set<CacheWatcher> there = byNamespace.get(watcher.namespace());
      if (there != null) {
        there.remove(watcher);
        if (there.isEmpty()) {
          byNamespace.remove(watcher.namespace());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void register(CacheWatcher watcher) {
    if (watcher.namespace().isEmpty()) {
      everywhere.add(watcher);
    } else {
      byNamespace.computeIfAbsent(watcher.namespace(), any -> new LinkedHashSet<>()).add(watcher);
    }
  }

  private List<CacheWatcher> watchers() {
    lock.lock();
    try {
      List<CacheWatcher> all = new ArrayList<>(everywhere);
      byNamespace.values().forEach(all::addAll);
      return all;
    } finally {
      lock.unlock();
    }
  }

  private Snapshot filled() {
    Snapshot snapshot = newest;
    return ready && snapshot != null ? snapshot : fill();
  }

  /** Never holds {@link #lock} while it calls the store, whose telling thread takes that lock. */
  private Snapshot fill() {
    filling.lock();
    try {
      while (true) {
        Snapshot known = newest;
        if (ready && known != null) {
          return known;
        }
        try {
          fillOnce();
        } catch (CompactedException e) {
          // History moved on between the read and the watch: read again.
          close();
        }
      }
    } finally {
      filling.unlock();
    }
  }

  private void fillOnce() {
    Store.Range page = store.range(prefix, "", PAGE, 0);
    long revision = page.revision();
    List<KubeObject> objects = new ArrayList<>((int) page.count());
    while (true) {
      for (Store.Entry entry : page.entries()) {
        objects.add(StoredJson.object(entry));
      }
      if (!page.more()) {
        break;
      }
      page = store.range(prefix, page.entries().getLast().key() + '\0', PAGE, revision);
    }
    long historyFrom = Math.max(store.compactedRevision(), revision - bounds.changes());
    lock.lock();
    try {
      newest = new Snapshot(ObjectTree.ofSorted(objects), revision);
      ring.clear(Math.max(0, historyFrom));
    } finally {
      lock.unlock();
    }
    feed = store.watch(prefix, Math.max(0, historyFrom), new Feed(revision));
    ready = true;
  }

  /** Takes the store's changes; those up to the filling are history only. */
  private final class Feed implements Store.Listener {

    private final long filledAt;

    Feed(long filledAt) {
      this.filledAt = filledAt;
    }

    @Override
    public void changed(Store.Change change) {
      lock.lock();
      try {
        Snapshot snapshot = newest;
        if (snapshot == null) {
          return;
        }
        if (change.revision() <= filledAt) {
          past(change);
        } else {
          present(change, snapshot);
        }
      } finally {
        lock.unlock();
      }
    }

    private void past(Store.Change change) {
      CacheEvent event = CacheEvent.of(change);
      if (event != null) {
        keep(event);
      }
    }

    private void present(Store.Change change, Snapshot snapshot) {
      CacheEvent event =
          switch (change) {
            case Store.Change.Put put -> {
              KubeObject now = StoredJson.object(put.now());
              boolean created = put.now().createRevision() == put.now().modRevision();
              KubeObject before = created ? null : snapshot.tree().get(now.namespace(), now.name());
              yield new CacheEvent(change.revision(), now, before, snapshot.tree().with(now));
            }
            case Store.Change.Delete delete -> {
              KubeObject last = StoredJson.object(delete.last());
              KubeObject before = snapshot.tree().get(last.namespace(), last.name());
              yield new CacheEvent(
                  change.revision(),
                  null,
                  before == null ? last : before,
                  snapshot.tree().without(last.namespace(), last.name()));
            }
            case Store.Change.Progress _ -> null;
          };
      ObjectTree tree = event == null ? null : event.after();
      newest = new Snapshot(tree == null ? snapshot.tree() : tree, change.revision());
      if (event != null) {
        keep(event);
        tell(event);
      }
      moved.signalAll();
    }

    @Override
    public void ended(Exception cause) {
      close();
    }
  }

  private void keep(CacheEvent event) {
    ring.add(event);
    ring.trim(bounds);
  }

  private void tell(CacheEvent event) {
    tell(event, everywhere);
    Set<CacheWatcher> there = byNamespace.get(event.object().namespace());
    if (there != null) {
      tell(event, there);
    }
  }

  private static void tell(CacheEvent event, Collection<CacheWatcher> watchers) {
    if (watchers.isEmpty()) {
      return;
    }
    for (CacheWatcher watcher : watchers.toArray(new CacheWatcher[0])) {
      watcher.changed(event);
    }
  }
}
