package dev.coracle.store.engine;

import dev.coracle.store.Store;
import dev.coracle.store.StoreClosedException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The store that keeps everything in memory and nothing on disk. */
public final class MemoryStore implements Store {

  /** Held while a write is decided, applied and told, and while a watch starts. */
  private final ReentrantLock writing = new ReentrantLock();

  private final VersionedMap state;
  private final Watchers watchers = new Watchers();
  private boolean closed;

  /** A store whose history is bounded by the size of the heap. */
  public MemoryStore() {
    this(History.Bounds.ofHeap());
  }

  /**
   * @param historyChanges how many changes history keeps
   * @param historyBytes how many bytes of superseded values history keeps
   */
  public MemoryStore(int historyChanges, long historyBytes) {
    this(new History.Bounds(historyChanges, historyBytes));
  }

  private MemoryStore(History.Bounds bounds) {
    state = new VersionedMap(new History(bounds, 0, _ -> {}));
  }

  @Override
  public @Nullable Entry get(String key) {
    return state.get(key);
  }

  @Override
  public Range range(String prefix, String startKey, int limit, long revision) {
    return state.range(prefix, startKey, limit, revision);
  }

  @Override
  public Entry create(String key, Value value) {
    return ((Change.Put) write(new Write.Create(key, value))).now();
  }

  @Override
  public Entry update(String key, Value value, long expectedRevision) {
    return ((Change.Put) write(new Write.Update(key, value, expectedRevision))).now();
  }

  @Override
  public long delete(String key, long expectedRevision) {
    return write(new Write.Delete(key, expectedRevision)).revision();
  }

  @Override
  public long currentRevision() {
    return state.newestRevision();
  }

  @Override
  public Watch watch(String prefix, long fromRevision, Listener listener) {
    writing.lock();
    try {
      requireOpen();
      Page past = state.changes(prefix, fromRevision, Integer.MAX_VALUE);
      return watchers.start(prefix, past.changes(), past.upTo(), listener);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public Page changes(String prefix, long afterRevision, int limit) {
    return state.changes(prefix, afterRevision, limit);
  }

  @Override
  public void compact(long revision) {
    state.compact(revision);
  }

  @Override
  public long compactedRevision() {
    return state.compactedRevision();
  }

  @Override
  public void close() {
    writing.lock();
    try {
      if (!closed) {
        closed = true;
        watchers.end(new StoreClosedException());
      }
    } finally {
      writing.unlock();
    }
  }

  private Change write(Write write) {
    writing.lock();
    try {
      requireOpen();
      long revision = state.newestRevision() + 1;
      Change change = write.decide(state.get(write.key()), revision);
      List<Change> changes = List.of(change);
      state.apply(changes);
      watchers.tell(changes, revision);
      return change;
    } finally {
      writing.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new StoreClosedException();
    }
  }
}
