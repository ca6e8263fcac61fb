package dev.coracle.node.pod;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a container that ended waits for its restart: not at all the first time, then 10 s, 20
 * s, 40 s... 300 s, counted from its end. Ten minutes without an end and it starts anew (Pod
 * lifecycle, "How Pods handle problems with containers").
 */
final class CrashBackOff {

  static final Duration INITIAL = Duration.ofSeconds(10);
  static final Duration MAXIMUM = Duration.ofSeconds(300);
  private static final Duration EXPIRY = MAXIMUM.multipliedBy(2);

  private Duration current = Duration.ZERO;
  private Instant restartedAt = Instant.MIN;

  /** What a container that ended at a time has to wait from then on. */
  Duration after(Instant finishedAt) {
    return isExpired(finishedAt) ? Duration.ZERO : current;
  }

  /** Notes a restart, which the next one has to wait longer for. */
  void restarted(Instant finishedAt, Instant now) {
    Duration longer = isExpired(finishedAt) ? INITIAL : current.multipliedBy(2);
    current = longer.compareTo(MAXIMUM) > 0 ? MAXIMUM : longer;
    restartedAt = now;
  }

  private boolean isExpired(Instant finishedAt) {
    return current.isZero() || finishedAt.isAfter(restartedAt.plus(EXPIRY));
  }

  /** As Kubernetes writes it: {@code 40s}, {@code 2m40s}, {@code 5m0s}. */
  static String text(Duration delay) {
    long seconds = delay.toSeconds();
    return seconds >= 60 ? seconds / 60 + "m" + seconds % 60 + "s" : seconds + "s";
  }
}
