package dev.coracle.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

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
  private final ArrayDeque<Store.Change> changes = new ArrayDeque<>();
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
    changes.addLast(change);
    newest = change.revision();
    bytes += cost(change);
    while (changes.size() > bounds.changes() || bytes > bounds.bytes()) {
      forgetOldest();
    }
  }

  /** Forgets all changes up to and including the revision. */
  void compact(long revision) {
    while (compacted < revision) {
      forgetOldest();
    }
  }

  /** All changes after the revision, the newest first. */
  Iterable<Store.Change> newestFirst(long afterRevision) {
    List<Store.Change> found = new ArrayList<>();
    var iterator = changes.descendingIterator();
    while (iterator.hasNext()) {
      Store.Change change = iterator.next();
      if (change.revision() <= afterRevision) {
        break;
      }
      found.add(change);
    }
    return found;
  }

  private void forgetOldest() {
    Store.Change oldest = changes.removeFirst();
    compacted = oldest.revision();
    bytes -= cost(oldest);
    forgotten.forgotten(oldest);
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
