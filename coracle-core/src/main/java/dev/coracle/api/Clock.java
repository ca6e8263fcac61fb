package dev.coracle.api;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The cluster's time: what it is, and calls at a later one. Everything that waits (leases,
 * back-offs, resyncs, token expiry) waits by this clock, so that a test can turn it.
 */
public interface Clock extends InstantSource {

  /** A call that has not happened yet. */
  interface Timer {
    /** Does nothing when it has happened already. */
    void cancel();
  }

  @Override
  Instant instant();

  /**
   * Runs {@code task} once, on a thread of its own, when {@code delay} has passed by this clock.
   */
  Timer schedule(Duration delay, Runnable task);
}
