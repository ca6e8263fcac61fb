package dev.coracle.store;

/** There is no room for this write; nothing was changed and reading goes on. */
public final class StoreFullException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StoreFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
