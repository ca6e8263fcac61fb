package dev.coracle.store.engine;

import dev.coracle.store.CompactedException;
import dev.coracle.store.FutureRevisionException;
import dev.coracle.store.KeyTree;
import dev.coracle.store.Store;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The state that engines of one process share: the newest entry of every key in a sorted tree, and
 * the {@link History} that leads there. A state of the past is the newest one with the changes
 * since then undone, so the past costs nothing until it is asked for.
 *
 * <p>Thread-safe; one thread at a time may {@link #apply}. It decides nothing and tells nobody.
 */
final class VersionedMap {

  private static final KeyTree.Order<Store.Entry> ORDER =
      new KeyTree.Order<>() {
        @Override
        public String folder(Store.Entry entry) {
          return entry.folder();
        }

        @Override
        public String name(Store.Entry entry) {
          return entry.name();
        }

        @Override
        public int compare(Store.Entry entry, String folder, String name) {
          if (entry.folder().equals(folder)) {
            return entry.name().compareTo(name);
          }
          int common = Math.min(entry.folder().length(), folder.length());
          for (int i = 0; i < common; i++) {
            int order = entry.folder().charAt(i) - folder.charAt(i);
            if (order != 0) {
              return order;
            }
          }
          return entry.key().compareTo(folder.concat(name));
        }
      };

  /** All keys as they stand at a revision. */
  private record Newest(KeyTree<Store.Entry> entries, long revision) {}

  /** Guards history, and that it and the newest state are of the same revision. */
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  private final History history;
  private volatile Newest newest;

  VersionedMap(History history) {
    this.history = history;
    this.newest = new Newest(KeyTree.empty(ORDER), history.newest());
  }

  /** Makes the changes part of the state, in order, all at once for readers. */
  void apply(Collection<? extends Store.Change> changes) {
    KeyTree<Store.Entry> entries = newest.entries();
    for (Store.Change change : changes) {
      entries =
          switch (change) {
            case Store.Change.Put put -> entries.with(put.now());
            case Store.Change.Delete delete ->
                entries.without(delete.last().folder(), delete.last().name());
            case Store.Change.Progress _ -> entries;
          };
    }
    lock.writeLock().lock();
    try {
      changes.forEach(history::add);
      newest = new Newest(entries, history.newest());
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Begins with entries that are older than history. */
  void load(List<Store.Entry> entries) {
    List<Store.Entry> sorted = new ArrayList<>(entries);
    sorted.sort((a, b) -> ORDER.compare(a, b.folder(), b.name()));
    newest = new Newest(KeyTree.ofSorted(ORDER, sorted), history.newest());
  }

  Store.@Nullable Entry get(String key) {
    return find(newest.entries(), key);
  }

  Store.Range range(String prefix, String startKey, int limit, long revision) {
    Newest now = newest;
    if (revision == 0 || revision == now.revision()) {
      Selected selected = Selected.of(now.entries(), prefix, startKey);
      List<Store.Entry> taken = new ArrayList<>(limited(limit, selected.count()));
      selected.first(limited(limit, selected.count()), taken::add);
      return range(taken, now.revision(), selected.count());
    }
    lock.readLock().lock();
    try {
      requireKept(revision);
      return past(prefix, startKey, limit, revision);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * The first changes of keys with the prefix after the revision.
   *
   * @throws CompactedException when history does not reach back to there
   */
  Store.Page changes(String prefix, long afterRevision, int limit) {
    lock.readLock().lock();
    try {
      requireKept(afterRevision);
      List<Store.Change> found = new ArrayList<>();
      long revision = afterRevision;
      while (revision < history.newest() && found.size() < limit) {
        Store.Change change = history.get(++revision);
        if (change.isUnder(prefix)) {
          found.add(change);
        }
      }
      return new Store.Page(Collections.unmodifiableList(found), revision);
    } finally {
      lock.readLock().unlock();
    }
  }

  long newestRevision() {
    return newest.revision();
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

  private void requireKept(long revision) {
    if (revision < history.compacted()) {
      throw new CompactedException(revision, history.compacted());
    }
    if (revision > history.newest()) {
      throw new FutureRevisionException(revision, history.newest());
    }
  }

  /** The newest entries in order, except that keys that changed since stand as they were. */
  private Store.Range past(String prefix, String startKey, int limit, long revision) {
    KeyTree<Store.Entry> entries = newest.entries();
    Selected selected = Selected.of(entries, prefix, startKey);
    TreeMap<String, Undone> undone = undo(prefix, startKey, revision);
    int count = selected.count();
    ArrayDeque<Store.Entry> existed = new ArrayDeque<>();
    for (var change : undone.entrySet()) {
      Store.Entry before = change.getValue().before();
      if (before != null) {
        existed.add(before);
        count++;
      }
      count -= find(entries, change.getKey()) == null ? 0 : 1;
    }
    int size = limited(limit, count);
    List<Store.Entry> taken = new ArrayList<>(size);
    selected.visit(
        entry -> {
          while (taken.size() < size && isBefore(existed.peek(), entry)) {
            taken.add(existed.remove());
          }
          if (taken.size() < size && !undone.containsKey(entry.key())) {
            taken.add(entry);
          }
          return taken.size() < size;
        });
    while (taken.size() < size) {
      taken.add(existed.remove());
    }
    return range(taken, revision, count);
  }

  private TreeMap<String, Undone> undo(String prefix, String startKey, long revision) {
    TreeMap<String, Undone> undone = new TreeMap<>();
    for (long at = history.newest(); at > revision; at--) {
      Store.Change change = history.get(at);
      if (!change.isUnder(prefix)) {
        continue;
      }
      String key = change.key();
      if (key.compareTo(startKey) >= 0) {
        undone.put(
            key,
            switch (change) {
              case Store.Change.Put put -> new Undone(put.before());
              case Store.Change.Delete delete -> new Undone(delete.last());
              case Store.Change.Progress _ -> new Undone(null);
            });
      }
    }
    return undone;
  }

  private static boolean isBefore(Store.@Nullable Entry a, Store.Entry b) {
    return a != null && ORDER.compare(a, b.folder(), b.name()) < 0;
  }

  private static Store.@Nullable Entry find(KeyTree<Store.Entry> entries, String key) {
    int name = key.lastIndexOf('/') + 1;
    return entries.get(key.substring(0, name), key.substring(name));
  }

  private static int limited(int limit, int count) {
    return limit == 0 ? count : Math.min(limit, count);
  }

  private static Store.Range range(List<Store.Entry> taken, long revision, int count) {
    return new Store.Range(
        Collections.unmodifiableList(taken), revision, taken.size() < count, count);
  }

  /** What a key was before the changes that are undone; null when it did not exist. */
  private record Undone(Store.@Nullable Entry before) {}

  /** The entries with a prefix, from a key on. */
  private record Selected(KeyTree<Store.Entry> entries, String folder, String name, int count) {

    static Selected of(KeyTree<Store.Entry> entries, String prefix, String startKey) {
      String from = startKey.compareTo(prefix) > 0 ? startKey : prefix;
      int name = from.lastIndexOf('/') + 1;
      int end = entries.size();
      if (!prefix.isEmpty()) {
        int last = prefix.length() - 1;
        String behind = prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
        end = entries.rank("", behind);
      }
      String folder = from.substring(0, name);
      String rest = from.substring(name);
      return new Selected(entries, folder, rest, Math.max(0, end - entries.rank(folder, rest)));
    }

    /** Shows entries in order until the visitor says false. */
    void visit(Predicate<Store.Entry> visitor) {
      first(count, visitor);
    }

    /** Shows no more than the first few. */
    void first(int most, Predicate<Store.Entry> visitor) {
      if (most == 0) {
        return;
      }
      int[] shown = {0};
      entries.from(folder, name, entry -> visitor.test(entry) && ++shown[0] < most);
    }
  }
}
