package dev.coracle.store;

/** The store's files cannot be opened or read, or its writer stopped; the message says which. */
public final class StoreFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StoreFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
