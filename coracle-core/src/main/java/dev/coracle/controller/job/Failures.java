package dev.coracle.controller.job;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * Failures in a row since the last success, of a Job or of one index: successors wait the longer
 * the more there are.
 */
record Failures(int count, Instant last) {

  static final Failures NONE = new Failures(0, Instant.EPOCH);

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(10));

  /** With Pods that have finished since. */
  Failures with(List<KubeObject> succeeded, List<KubeObject> failed) {
    if (failed.isEmpty()) {
      return succeeded.isEmpty() ? this : NONE;
    }
    Instant success =
        succeeded.stream()
            .map(JobPods::finishedAt)
            .max(Comparator.naturalOrder())
            .orElse(Instant.MIN);
    List<Instant> later =
        failed.stream().map(JobPods::finishedAt).filter(success::isBefore).sorted().toList();
    if (later.isEmpty()) {
      return NONE;
    }
    int before = succeeded.isEmpty() ? count : 0;
    return new Failures(before + later.size(), later.getLast());
  }

  /** How long a successor still has to wait; zero when it need not. */
  Duration remaining(Instant now) {
    if (count == 0) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(now, last.plus(BACKOFF.after(count)));
    return left.isNegative() ? Duration.ZERO : left;
  }
}
