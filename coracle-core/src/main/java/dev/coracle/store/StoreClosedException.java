package dev.coracle.store;

/** The store is closed: it takes no more writes and no more watches. */
public final class StoreClosedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StoreClosedException() {
    super("the store is closed");
  }
}
