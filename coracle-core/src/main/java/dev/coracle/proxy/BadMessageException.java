package dev.coracle.proxy;

import java.io.IOException;

/** A message that breaks HTTP/1.1's rules or goes over a limit. */
final class BadMessageException extends IOException {

  private static final long serialVersionUID = 1;

  private final int status;

  /**
   * @param message what is wrong; may be empty
   */
  BadMessageException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** What to answer a client that sent it. */
  int status() {
    return status;
  }

  String detail() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
