package dev.coracle.apiserver.filter;

import java.time.Duration;

/**
 * How much a server takes on.
 *
 * @param reading {@code --max-requests-inflight}
 * @param mutating {@code --max-mutating-requests-inflight}
 * @param timeout {@code --request-timeout}: how long a request may take that is not long-running
 */
public record RequestLimits(int reading, int mutating, Duration timeout) {

  /** kube-apiserver's defaults. */
  public static final RequestLimits USUAL = new RequestLimits(400, 200, Duration.ofSeconds(60));

  /**
   * @throws IllegalArgumentException naming the option that is out of range
   */
  public RequestLimits {
    if (reading < 1) {
      throw new IllegalArgumentException("--max-requests-inflight must be 1 or more");
    }
    if (mutating < 1) {
      throw new IllegalArgumentException("--max-mutating-requests-inflight must be 1 or more");
    }
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("--request-timeout must be more than 0");
    }
  }
}
