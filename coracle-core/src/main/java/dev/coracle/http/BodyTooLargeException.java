package dev.coracle.http;

import java.io.IOException;

/** A body that is longer than its reader allows; over HTTP this is 413. */
public final class BodyTooLargeException extends IOException {

  private static final long serialVersionUID = 1L;

  private final int limit;

  public BodyTooLargeException(int limit) {
    super("limit is " + limit);
    this.limit = limit;
  }

  /** In bytes. */
  public int limit() {
    return limit;
  }
}
