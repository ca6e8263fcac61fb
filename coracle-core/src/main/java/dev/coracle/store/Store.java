package dev.coracle.store;

import java.io.Closeable;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A sorted map from keys to opaque bytes in which every change has a revision from one counter,
 * with history for watchers. Engines differ in where the bytes are; {@code StoreContract} and
 * {@code StoreWatchContract} in the tests say what is common.
 *
 * <p><b>Order.</b> All writes go through one writer sequence: each successful write takes the next
 * revision (first one: 1), and revisions are never used twice, not even after a crash.
 *
 * <p><b>Durability.</b> When a write returns, it is on disk (fsync, shared among concurrent
 * writers), unless the engine was opened without durability.
 *
 * <p><b>Reading your writes.</b> A {@link Listener} is told of a write before the writer's call
 * returns, so a cache fed by a listener is never behind an acknowledged write of this process.
 * Engines whose writers may be in other processes promise this only for {@link #readRevision()}:
 * wait until the listener has seen that revision.
 *
 * <p>Thread-safe; calls block the calling (virtual) thread.
 */
public interface Store extends Closeable {

  /**
   * One key with its value. A key such as {@code /registry/core/pods/default/web} is held in two
   * parts: many entries share the first one, and whoever reads the value may share the second.
   *
   * @param folder the key up to its last slash, with it; one instance for all entries
   * @param name what follows
   * @param value opaque; nobody changes it afterwards
   * @param createRevision the revision that created this key, this time
   * @param modRevision the revision of the last change
   */
  record Entry(String folder, String name, byte[] value, long createRevision, long modRevision) {

    public static Entry of(String key, byte[] value, long createRevision, long modRevision) {
      int name = key.lastIndexOf('/') + 1;
      String folder = key.substring(0, name).intern();
      return new Entry(folder, key.substring(name), value, createRevision, modRevision);
    }

    public String key() {
      return folder + name;
    }

    /** The same key at the same revision with other bytes. */
    public Entry withValue(byte[] other) {
      return new Entry(folder, name, other, createRevision, modRevision);
    }

    public boolean isUnder(String prefix) {
      return folder.startsWith(prefix)
          || prefix.startsWith(folder) && name.startsWith(prefix.substring(folder.length()));
    }
  }

  /**
   * @param entries in the order of their keys
   * @param revision the revision at which the range stood so
   * @param more whether the limit cut it
   * @param count how many keys there are from the start key on, whatever the limit; without the
   *     entries returned, these remain
   */
  record Range(List<Entry> entries, long revision, boolean more, long count) {}

  /**
   * What a write stores: bytes that may hold the revision that stores them, so that a reader need
   * not put it in, and store and readers share one array.
   */
  interface Value {

    /** About how many bytes there will be. */
    int size();

    /**
     * The bytes, when the write takes {@code revision}. Called by the writer sequence: quick, and
     * without effects.
     */
    byte[] at(long revision);

    /** Bytes that are the same at every revision. */
    static Value of(byte[] bytes) {
      return new Value() {
        @Override
        public int size() {
          return bytes.length;
        }

        @Override
        public byte[] at(long revision) {
          return bytes;
        }
      };
    }
  }

  /** One change, told in the order of revisions. */
  sealed interface Change {
    long revision();

    /** The key that changed; empty for mere progress. */
    default String key() {
      return switch (this) {
        case Put put -> put.now().key();
        case Delete delete -> delete.last().key();
        case Progress _ -> "";
      };
    }

    /** Whether it is a change of a key with the prefix. */
    default boolean isUnder(String prefix) {
      return switch (this) {
        case Put put -> put.now().isUnder(prefix);
        case Delete delete -> delete.last().isUnder(prefix);
        case Progress _ -> false;
      };
    }

    /** {@code before} is null when the key was created. */
    record Put(Entry now, @Nullable Entry before) implements Change {
      @Override
      public long revision() {
        return now.modRevision();
      }
    }

    /** {@code last} is the entry as it was before the deletion at {@code revision}. */
    record Delete(Entry last, long revision) implements Change {}

    /** No change: everything up to {@code revision} has been told. */
    record Progress(long revision) implements Change {}
  }

  /**
   * Told of changes in order, never concurrently; must be quick, must not write to this store, and
   * must not block or throw (a watch whose listener throws ends). After each group of writes, a
   * listener whose last change was not the newest is told {@link Change.Progress}, so that it
   * always knows how far the store has come.
   */
  interface Listener {
    void changed(Change change);

    /** The watch ended for a reason other than {@link Watch#close()}; nothing follows. */
    default void ended(Exception cause) {}
  }

  /** A running watch; closing it twice is fine. */
  interface Watch extends Closeable {
    @Override
    void close();
  }

  /** The entry, or null. Sees every acknowledged write. */
  @Nullable Entry get(String key);

  /**
   * The entries with {@code prefix}, from {@code startKey} on (inclusive; the empty string is the
   * beginning).
   *
   * @param limit 0 for all
   * @param revision 0 for the newest state, else the state at that revision
   * @throws CompactedException when that revision is compacted away
   * @throws FutureRevisionException when it has not happened yet
   */
  Range range(String prefix, String startKey, int limit, long revision);

  /**
   * Stores a key that must not exist.
   *
   * @return its entry
   * @throws KeyExistsException when it exists
   * @throws StoreFullException when there is no room; nothing was stored
   */
  Entry create(String key, Value value);

  /** Stores bytes that do not hold their revision. */
  default Entry create(String key, byte[] value) {
    return create(key, Value.of(value));
  }

  /**
   * Stores those of these keys that do not exist, in their order, each as {@link #create} would; a
   * store with a disk lets them share what waiting for it costs.
   *
   * @throws StoreFullException when there is no room; the first of them may be stored
   */
  default void createMissing(SequencedMap<String, Value> values) {
    values.forEach(
        (key, value) -> {
          try {
            create(key, value);
          } catch (KeyExistsException e) {
            // It stays as it is.
          }
        });
  }

  /**
   * Replaces the value if the key's last change is {@code expectedRevision}.
   *
   * @throws ConflictException when it is another, or the key does not exist; it carries the entry
   *     as it is
   * @throws StoreFullException when there is no room; nothing was changed
   */
  Entry update(String key, Value value, long expectedRevision);

  /** Replaces the value by bytes that do not hold their revision. */
  default Entry update(String key, byte[] value, long expectedRevision) {
    return update(key, Value.of(value), expectedRevision);
  }

  /**
   * Deletes the key if its last change is {@code expectedRevision} (0: whatever it is).
   *
   * @return the revision of the deletion
   * @throws ConflictException when it is another, or the key does not exist
   */
  long delete(String key, long expectedRevision);

  /** The revision of the last acknowledged write, 0 in a new store. */
  long currentRevision();

  /**
   * A revision such that a cache that has seen it is not behind any write acknowledged before this
   * call.
   */
  default long readRevision() {
    return currentRevision();
  }

  /**
   * Tells the listener of every change of keys with {@code prefix} after {@code fromRevision},
   * first those from history (by the calling thread, before this method returns), then new ones,
   * without a gap. Call it without a lock that the listener takes: writers are told under the
   * store's own.
   *
   * @throws CompactedException when history no longer reaches back to there
   * @throws FutureRevisionException when {@code fromRevision} has not happened yet
   */
  Watch watch(String prefix, long fromRevision, Listener listener);

  /**
   * @param changes in order
   * @param upTo the revision up to which no other change of the prefix is missing
   */
  record Page(List<Change> changes, long upTo) {}

  /**
   * The first changes of keys with {@code prefix} after {@code afterRevision}.
   *
   * @param limit of how many at most
   * @throws CompactedException when history no longer reaches back to there
   * @throws FutureRevisionException when {@code afterRevision} has not happened yet
   */
  Page changes(String prefix, long afterRevision, int limit);

  /**
   * Forgets history up to and including {@code revision}: states before it can no longer be read or
   * watched, while the state at {@code revision} and the changes after it still can. A store also
   * compacts by itself, from the oldest change on, when its history is full.
   *
   * @throws FutureRevisionException when it has not happened yet
   */
  void compact(long revision);

  /** The newest revision that was compacted; 0 if none was. */
  long compactedRevision();

  /**
   * Why values cannot be read, by their keys: what {@link #get} and {@link #range} give for them is
   * not what was stored. Always empty but for stores that transform values.
   */
  default java.util.Map<String, String> unreadable() {
    return java.util.Map.of();
  }

  /** Whether a value would be stored differently now if it were written again as it is. */
  default boolean isStale(String key) {
    return false;
  }

  /**
   * Ends all watches and gives the store's files free. Writes and watches then fail with {@link
   * StoreClosedException}.
   */
  @Override
  void close();
}
