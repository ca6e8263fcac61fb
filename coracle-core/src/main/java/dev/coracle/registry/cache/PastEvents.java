package dev.coracle.registry.cache;

import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.store.CompactedException;
import dev.coracle.store.Store;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What happened between two revisions, from the store, which remembers longer than a cache. It is
 * read in pages as it is wanted, so a watcher that reads slowly holds no more than one; when the
 * store has forgotten the next one meanwhile, the watch is over (410).
 */
final class PastEvents implements Iterator<WatchEvent> {

  private static final int PAGE = 64;

  private final Store store;
  private final String prefix;
  private final long upTo;
  private final Function<CacheEvent, @Nullable WatchEvent> view;
  private final ArrayDeque<WatchEvent> page = new ArrayDeque<>();
  private long at;

  /**
   * @param view what the watcher is told of a change; null for nothing
   * @throws StatusException 410 when the store does not remember that far
   */
  PastEvents(
      Store store,
      String prefix,
      long after,
      long upTo,
      Function<CacheEvent, @Nullable WatchEvent> view) {
    this.store = store;
    this.prefix = prefix;
    this.at = after;
    this.upTo = upTo;
    this.view = view;
    read();
  }

  @Override
  public boolean hasNext() {
    while (page.isEmpty() && at < upTo) {
      read();
    }
    return !page.isEmpty();
  }

  @Override
  public WatchEvent next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return page.remove();
  }

  private void read() {
    Store.Page read;
    try {
      read = store.changes(prefix, at, PAGE);
    } catch (CompactedException e) {
      throw StatusException.expired(
          "too old resource version: " + at + " (" + (e.compactedRevision() + 1) + ")");
    }
    for (Store.Change change : read.changes()) {
      CacheEvent event = change.revision() > upTo ? null : CacheEvent.of(change);
      WatchEvent seen = event == null ? null : view.apply(event);
      if (seen != null) {
        page.add(seen);
      }
    }
    at = read.upTo();
  }
}
