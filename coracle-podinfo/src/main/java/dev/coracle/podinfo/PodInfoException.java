package dev.coracle.podinfo;

/**
 * Something that the Pod does not provide. The message names the missing file or variable and the
 * lines of a manifest that would provide it.
 */
public final class PodInfoException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  PodInfoException(String message) {
    super(message);
  }

  PodInfoException(String message, Throwable cause) {
    super(message, cause);
  }
}
