package dev.coracle.registry.cache;

import dev.coracle.api.StatusException;
import dev.coracle.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads changes that a cache no longer has, or never had, from the store's history. */
final class History {

  private static final int PATIENCE_SECONDS = 10;

  private History() {}

  /**
   * The changes after one revision up to another.
   *
   * @throws dev.coracle.store.CompactedException when the store has forgotten them
   */
  static List<CacheEvent> read(Store store, String prefix, long after, long upTo) {
    List<CacheEvent> events = new ArrayList<>();
    CountDownLatch complete = new CountDownLatch(1);
    Store.Listener collector =
        change -> {
          if (change.revision() <= upTo) {
            CacheEvent event = event(change);
            if (event != null) {
              events.add(event);
            }
          }
          if (change.revision() >= upTo) {
            complete.countDown();
          }
        };
    try (Store.Watch watch = store.watch(prefix, after, collector)) {
      if (!complete.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw StatusException.timeout("the store's history did not come in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StatusException.timeout("interrupted while reading history");
    }
    return List.copyOf(events);
  }

  /** A change by itself, without the state of the cache; null for mere progress. */
  static @Nullable CacheEvent event(Store.Change change) {
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
}
