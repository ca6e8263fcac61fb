package dev.coracle.store;

import org.jspecify.annotations.Nullable;

/** The key's last change is not the one that the writer expected. */
public final class ConflictException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Store.@Nullable Entry entry;

  public ConflictException(String key, long expectedRevision, Store.@Nullable Entry entry) {
    super(
        key
            + ": expected revision "
            + expectedRevision
            + ", it is "
            + (entry == null ? "gone" : String.valueOf(entry.modRevision())));
    this.entry = entry;
  }

  private ConflictException(ConflictException cause, Store.Entry entry) {
    super(cause.getMessage(), cause);
    this.entry = entry;
  }

  /** What is there, or null when the key does not exist. */
  public Store.@Nullable Entry entry() {
    return entry;
  }

  /** The same conflict, with the entry as a store that transforms values shows it. */
  public ConflictException showing(Store.Entry shown) {
    return new ConflictException(this, shown);
  }
}
