package dev.coracle.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.SequencedCollection;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The state that engines of one process share: the newest entry of every key in a sorted map, and
 * the {@link History} that leads there. A state of the past is the newest one with the changes
 * since then undone, so the past costs nothing until it is asked for.
 *
 * <p>Thread-safe; one thread at a time may {@link #apply}. It decides nothing and tells nobody.
 */
final class VersionedMap {

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final TreeMap<String, Store.Entry> entries = new TreeMap<>();
  private final History history;

  VersionedMap(History history) {
    this.history = history;
  }

  /** Makes the changes part of the state, in order, all at once for readers. */
  void apply(Collection<? extends Store.Change> changes) {
    lock.writeLock().lock();
    try {
      for (Store.Change change : changes) {
        history.add(change);
        switch (change) {
          case Store.Change.Put put -> entries.put(put.now().key(), put.now());
          case Store.Change.Delete delete -> entries.remove(delete.last().key());
          case Store.Change.Progress _ -> {}
        }
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Puts an entry that is older than history; for loading a stored state. */
  void load(Store.Entry entry) {
    entries.put(entry.key(), entry);
  }

  Store.@Nullable Entry get(String key) {
    lock.readLock().lock();
    try {
      return entries.get(key);
    } finally {
      lock.readLock().unlock();
    }
  }

  Store.Range range(String prefix, String startKey, int limit, long revision) {
    lock.readLock().lock();
    try {
      NavigableMap<String, Store.Entry> newest = select(entries, prefix, startKey);
      if (revision == 0 || revision == history.newest()) {
        return take(newest.values().iterator(), limit, history.newest(), newest.size());
      }
      requireKept(revision);
      TreeMap<String, Undone> undone = undo(prefix, startKey, revision);
      int count = newest.size();
      for (var change : undone.entrySet()) {
        count += change.getValue().before() == null ? 0 : 1;
        count -= newest.containsKey(change.getKey()) ? 1 : 0;
      }
      return take(new MergedEntries(newest.values(), undone), limit, revision, count);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * The changes of keys with the prefix after the revision, in order.
   *
   * @throws CompactedException when history does not reach back to there
   */
  SequencedCollection<Store.Change> changes(String prefix, long afterRevision) {
    lock.readLock().lock();
    try {
      requireKept(afterRevision);
      List<Store.Change> found = new ArrayList<>();
      for (Store.Change change : history.newestFirst(afterRevision)) {
        if (key(change).startsWith(prefix)) {
          found.add(change);
        }
      }
      Collections.reverse(found);
      return found;
    } finally {
      lock.readLock().unlock();
    }
  }

  long newestRevision() {
    lock.readLock().lock();
    try {
      return history.newest();
    } finally {
      lock.readLock().unlock();
    }
  }

  long compactedRevision() {
    lock.readLock().lock();
    try {
      return history.compacted();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * @throws FutureRevisionException when the revision has not happened yet
   */
  void compact(long revision) {
    lock.writeLock().lock();
    try {
      if (revision > history.newest()) {
        throw new FutureRevisionException(revision, history.newest());
      }
      history.compact(revision);
    } finally {
      lock.writeLock().unlock();
    }
  }

  static String key(Store.Change change) {
    return switch (change) {
      case Store.Change.Put put -> put.now().key();
      case Store.Change.Delete delete -> delete.last().key();
      case Store.Change.Progress _ -> "";
    };
  }

  private void requireKept(long revision) {
    if (revision < history.compacted()) {
      throw new CompactedException(revision, history.compacted());
    }
    if (revision > history.newest()) {
      throw new FutureRevisionException(revision, history.newest());
    }
  }

  private TreeMap<String, Undone> undo(String prefix, String startKey, long revision) {
    TreeMap<String, Undone> undone = new TreeMap<>();
    for (Store.Change change : history.newestFirst(revision)) {
      String key = key(change);
      if (!key.startsWith(prefix) || key.compareTo(startKey) < 0) {
        continue;
      }
      undone.put(
          key,
          switch (change) {
            case Store.Change.Put put -> new Undone(put.before());
            case Store.Change.Delete delete -> new Undone(delete.last());
            case Store.Change.Progress _ -> new Undone(null);
          });
    }
    return undone;
  }

  private static Store.Range take(
      Iterator<Store.Entry> entries, int limit, long revision, int count) {
    int size = limit == 0 ? count : Math.min(limit, count);
    List<Store.Entry> taken = new ArrayList<>(size);
    while (taken.size() < size && entries.hasNext()) {
      taken.add(entries.next());
    }
    return new Store.Range(
        Collections.unmodifiableList(taken), revision, taken.size() < count, count);
  }

  private static NavigableMap<String, Store.Entry> select(
      TreeMap<String, Store.Entry> entries, String prefix, String startKey) {
    String from = startKey.compareTo(prefix) > 0 ? startKey : prefix;
    if (prefix.isEmpty()) {
      return entries.tailMap(from, true);
    }
    int last = prefix.length() - 1;
    String end = prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
    return from.compareTo(end) >= 0
        ? Collections.emptyNavigableMap()
        : entries.subMap(from, true, end, false);
  }

  /** What a key was before the changes that are undone; null when it did not exist. */
  private record Undone(Store.@Nullable Entry before) {}

  /** The newest entries in order, except that undone keys stand as they were. */
  private static final class MergedEntries implements Iterator<Store.Entry> {

    private final Iterator<Store.Entry> newest;
    private final TreeMap<String, Undone> undone;
    private final Iterator<Store.Entry> before;
    private Store.@Nullable Entry nextNewest;
    private Store.@Nullable Entry nextBefore;

    MergedEntries(Collection<Store.Entry> newest, TreeMap<String, Undone> undone) {
      this.newest = newest.iterator();
      this.undone = undone;
      List<Store.Entry> existed = new ArrayList<>(undone.size());
      for (Undone change : undone.values()) {
        if (change.before() != null) {
          existed.add(change.before());
        }
      }
      this.before = existed.iterator();
      this.nextNewest = unchanged();
      this.nextBefore = before.hasNext() ? before.next() : null;
    }

    @Override
    public boolean hasNext() {
      return nextNewest != null || nextBefore != null;
    }

    @Override
    public Store.Entry next() {
      Store.Entry fromNewest = nextNewest;
      Store.Entry fromBefore = nextBefore;
      if (fromNewest != null
          && (fromBefore == null || fromNewest.key().compareTo(fromBefore.key()) < 0)) {
        nextNewest = unchanged();
        return fromNewest;
      }
      if (fromBefore == null) {
        throw new NoSuchElementException();
      }
      nextBefore = before.hasNext() ? before.next() : null;
      return fromBefore;
    }

    private Store.@Nullable Entry unchanged() {
      while (newest.hasNext()) {
        Store.Entry entry = newest.next();
        if (!undone.containsKey(entry.key())) {
          return entry;
        }
      }
      return null;
    }
  }
}
