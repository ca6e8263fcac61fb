package dev.coracle.client.webhook;

/**
 * A webhook did not answer as it should. The message is Kubernetes', ready to follow {@code failed
 * to call webhook:} or {@code conversion webhook for ... failed:}.
 */
public final class WebhookException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final boolean timeout;

  WebhookException(String message, int status, boolean timeout, Throwable cause) {
    super(message, cause);
    this.status = status;
    this.timeout = timeout;
  }

  WebhookException(String message, int status) {
    super(message);
    this.status = status;
    this.timeout = false;
  }

  /** The HTTP status of its answer; 0 when none came. */
  public int status() {
    return status;
  }

  /** Whether its time was over. */
  public boolean isTimeout() {
    return timeout;
  }
}
