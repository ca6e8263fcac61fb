package dev.coracle.node.runtime;

/**
 * A runtime could not do what it was asked for.
 *
 * <p>{@link #reason()} is the word that a container's status shows, such as {@code
 * CreateContainerError}, {@code RunContainerError} or {@code StartError}; the message is for
 * people.
 */
public final class RuntimeFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String reason;

  public RuntimeFailure(String reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  public String reason() {
    return reason;
  }

  /** The message. */
  public String text() {
    String message = getMessage();
    return message == null ? reason : message;
  }
}
