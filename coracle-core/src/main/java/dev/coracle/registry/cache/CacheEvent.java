package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.store.Store;
import org.jspecify.annotations.Nullable;

/**
 * One change of one object, shared by history and all watchers: what a watcher is told of it
 * depends on whether the object was and is in its selection, and each of the possible {@link
 * WatchEvent}s is made at most once.
 */
final class CacheEvent {

  private static final int OVERHEAD = 1_000;

  private final long revision;
  private final @Nullable KubeObject now;
  private final @Nullable KubeObject before;
  private final @Nullable ObjectTree after;
  private volatile @Nullable ObjectFields nowFields;
  private volatile @Nullable ObjectFields beforeFields;
  private volatile @Nullable WatchEvent added;
  private volatile @Nullable WatchEvent modified;
  private volatile @Nullable WatchEvent deleted;

  /**
   * @param now null when the object was deleted
   * @param before null when it was created
   * @param after the tree with this change in it; null when it is not known
   */
  CacheEvent(
      long revision,
      @Nullable KubeObject now,
      @Nullable KubeObject before,
      @Nullable ObjectTree after) {
    this.revision = revision;
    this.now = now;
    this.before = before;
    this.after = after;
  }

  /** A change by itself, without the state of the cache; null for mere progress. */
  static @Nullable CacheEvent of(Store.Change change) {
    return switch (change) {
      case Store.Change.Put put -> {
        Store.Entry was = put.before();
        yield new CacheEvent(
            change.revision(),
            StoredJson.object(put.now()),
            was == null ? null : StoredJson.object(was),
            null);
      }
      case Store.Change.Delete delete ->
          new CacheEvent(change.revision(), null, StoredJson.object(delete.last()), null);
      case Store.Change.Progress _ -> null;
    };
  }

  long revision() {
    return revision;
  }

  @Nullable ObjectTree after() {
    return after;
  }

  /** The object that changed, in its newer state. */
  KubeObject object() {
    KubeObject object = now == null ? before : now;
    if (object == null) {
      throw new IllegalStateException("a change of nothing");
    }
    return object;
  }

  /** What only history keeps alive: the older state, the event's line, and a path of the tree. */
  int bytes() {
    return OVERHEAD + (before == null ? 0 : before.json().length) + object().json().length;
  }

  /** What a watcher of a selection is told of this change; null for nothing. */
  @Nullable WatchEvent seenBy(Selection selection) {
    boolean is = now != null && selection.matches(now, fieldsNow(now));
    boolean was = before != null && selection.matches(before, fieldsBefore(before));
    if (is) {
      return was ? modified() : added();
    }
    return was ? deleted() : null;
  }

  private ObjectFields fieldsNow(KubeObject object) {
    ObjectFields fields = nowFields;
    if (fields == null) {
      fields = new ObjectFields(object);
      nowFields = fields;
    }
    return fields;
  }

  private ObjectFields fieldsBefore(KubeObject object) {
    ObjectFields fields = beforeFields;
    if (fields == null) {
      fields = new ObjectFields(object);
      beforeFields = fields;
    }
    return fields;
  }

  private WatchEvent added() {
    WatchEvent event = added;
    if (event == null) {
      event = new WatchEvent(WatchEvent.Type.ADDED, object());
      added = event;
    }
    return event;
  }

  private WatchEvent modified() {
    WatchEvent event = modified;
    if (event == null) {
      event = new WatchEvent(WatchEvent.Type.MODIFIED, object());
      modified = event;
    }
    return event;
  }

  private WatchEvent deleted() {
    WatchEvent event = deleted;
    if (event == null) {
      if (before == null) {
        throw new IllegalStateException("a deletion of nothing");
      }
      event = new WatchEvent(WatchEvent.Type.DELETED, StoredJson.at(before, revision));
      deleted = event;
    }
    return event;
  }
}
