package dev.coracle.store;

/** The key to create exists already. */
public final class KeyExistsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Store.Entry entry;

  public KeyExistsException(Store.Entry entry) {
    super(entry.key() + " exists");
    this.entry = entry;
  }

  /** What is there. */
  public Store.Entry entry() {
    return entry;
  }
}
