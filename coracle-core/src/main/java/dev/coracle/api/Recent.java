package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/**
 * Lets equal values be one instance while they come often: it remembers a fixed number of them,
 * each in the one place that its hash gives it. For values that are immutable, which makes it
 * thread-safe.
 */
final class Recent<T> {

  private final @Nullable Object[] values;

  /**
   * @param places a power of two
   */
  Recent(int places) {
    values = new Object[places];
  }

  /** A value that equals the given one: one that came before, or this one. */
  @SuppressWarnings("unchecked")
  T like(T value) {
    int hash = value.hashCode();
    int place = (hash ^ hash >>> 16) & (values.length - 1);
    Object known = values[place];
    if (value.equals(known)) {
      return (T) known;
    }
    values[place] = value;
    return value;
  }
}
