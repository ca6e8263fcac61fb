package dev.coracle.registry.cache;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last changes of a resource, oldest first, in a ring that grows to its bounds. Guarded by the
 * cache's lock.
 */
final class EventRing {

  private @Nullable CacheEvent[] slots = new CacheEvent[64];
  private int head;
  private int size;

  /** The revision after which no change is missing. */
  private long completeAfter;

  private long bytes;

  void clear(long newCompleteAfter) {
    slots = new CacheEvent[64];
    head = 0;
    size = 0;
    bytes = 0;
    completeAfter = newCompleteAfter;
  }

  void add(CacheEvent event) {
    if (size == slots.length) {
      CacheEvent[] larger = new CacheEvent[slots.length * 2];
      for (int i = 0; i < size; i++) {
        larger[i] = get(i);
      }
      slots = larger;
      head = 0;
    }
    slots[(head + size) & (slots.length - 1)] = event;
    size++;
    bytes += event.bytes();
  }

  void trim(WatchCache.Bounds bounds) {
    while (size > bounds.changes() || (bytes > bounds.bytes() && size > 1)) {
      CacheEvent oldest = get(0);
      slots[head] = null;
      head = (head + 1) & (slots.length - 1);
      size--;
      bytes -= oldest.bytes();
      completeAfter = oldest.revision();
    }
  }

  /** The changes after a revision; null when some of them are no longer known. */
  @Nullable List<CacheEvent> after(long revision) {
    if (revision < completeAfter) {
      return null;
    }
    int first = firstAfter(revision);
    List<CacheEvent> found = new ArrayList<>(size - first);
    for (int i = first; i < size; i++) {
      found.add(get(i));
    }
    return found;
  }

  /** The tree as it was at a revision; null when it is not known. */
  @Nullable ObjectTree at(long revision, ObjectTree newest) {
    if (revision < completeAfter) {
      return null;
    }
    int next = firstAfter(revision);
    if (next == size) {
      return newest;
    }
    return next == 0 ? null : get(next - 1).after();
  }

  private int firstAfter(long revision) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (get(middle).revision() <= revision) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private CacheEvent get(int index) {
    CacheEvent event = slots[(head + index) & (slots.length - 1)];
    if (event == null) {
      throw new IllegalStateException("the ring has a hole");
    }
    return event;
  }
}
