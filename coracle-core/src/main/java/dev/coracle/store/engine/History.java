package dev.coracle.store.engine;

import dev.coracle.store.Store;
import org.jspecify.annotations.Nullable;

/**
 * The last changes, dense in revisions: it holds every change after {@link #compacted()} up to
 * {@link #newest()}. Bounded by the number of changes and by the bytes of the superseded values
 * that only history keeps alive. Not thread-safe; {@link VersionedMap} guards it.
 */
final class History {

  /**
   * @param changes how many changes are kept at most
   * @param bytes how many bytes of superseded values are kept at most
   */
  record Bounds(int changes, long bytes) {

    private static final int DEFAULT_CHANGES = 100_000;
    private static final long DEFAULT_BYTES = 64L << 20;

    /** As much as one eighth of the heap allows, at most 64 MiB. */
    static Bounds ofHeap() {
      return new Bounds(
          DEFAULT_CHANGES, Math.min(DEFAULT_BYTES, Runtime.getRuntime().maxMemory() / 8));
    }
  }

  /** What a change costs besides its value: key, entry and change objects. */
  private static final int CHANGE_OVERHEAD = 160;

  /** Told of each change that history forgets, the oldest first. */
  interface Forgotten {
    void forgotten(Store.Change change);
  }

  private final Bounds bounds;
  private final Forgotten forgotten;

  /** A ring: revisions are dense, so each is found where it must be. */
  private Store.@Nullable Change[] changes = new Store.Change[64];

  private long compacted;
  private long newest;
  private long bytes;

  History(Bounds bounds, long compacted, Forgotten forgotten) {
    this.bounds = bounds;
    this.forgotten = forgotten;
    this.compacted = compacted;
    this.newest = compacted;
  }

  long compacted() {
    return compacted;
  }

  long newest() {
    return newest;
  }

  void add(Store.Change change) {
    if (change.revision() != newest + 1) {
      throw new IllegalStateException(
          "revision " + change.revision() + " does not follow revision " + newest);
    }
    if (newest - compacted == changes.length) {
      grow();
    }
    newest = change.revision();
    changes[slot(newest)] = change;
    bytes += cost(change);
    while (newest - compacted > bounds.changes() || bytes > bounds.bytes()) {
      forgetOldest();
    }
  }

  /** The change of a revision that is kept. */
  Store.Change get(long revision) {
    Store.Change change =
        revision > compacted && revision <= newest ? changes[slot(revision)] : null;
    if (change == null) {
      throw new IllegalStateException("history does not hold revision " + revision);
    }
    return change;
  }

  /** Forgets all changes up to and including the revision. */
  void compact(long revision) {
    while (compacted < revision) {
      forgetOldest();
    }
  }

  private void forgetOldest() {
    Store.Change oldest = get(compacted + 1);
    changes[slot(oldest.revision())] = null;
    compacted = oldest.revision();
    bytes -= cost(oldest);
    forgotten.forgotten(oldest);
  }

  private int slot(long revision) {
    return (int) (revision & (changes.length - 1));
  }

  private void grow() {
    Store.@Nullable Change[] smaller = changes;
    changes = new Store.Change[smaller.length * 2];
    for (Store.Change change : smaller) {
      if (change != null) {
        changes[slot(change.revision())] = change;
      }
    }
  }

  private static long cost(Store.Change change) {
    return CHANGE_OVERHEAD
        + switch (change) {
          case Store.Change.Put put -> put.before() == null ? 0 : put.before().value().length;
          case Store.Change.Delete delete -> delete.last().value().length;
          case Store.Change.Progress _ ->
              throw new IllegalArgumentException("progress is not a change");
        };
  }
}
