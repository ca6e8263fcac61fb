package dev.coracle.client;

import java.time.Duration;

/**
 * Delays that double from a first one up to a longest.
 *
 * @param first the delay after the first failure
 * @param longest no delay is longer
 */
public record Backoff(Duration first, Duration longest) {

  /** The delay after so many failures in a row (1 and more). */
  public Duration after(int failures) {
    if (failures > 40) {
      return longest;
    }
    long nanos = first.toNanos();
    for (int i = 1; i < failures && nanos < longest.toNanos(); i++) {
      nanos *= 2;
    }
    return Duration.ofNanos(Math.min(nanos, longest.toNanos()));
  }
}
