package dev.coracle.controller.daemonset;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long failed Pods of a DaemonSet stay before they are replaced: a second at first, twice as
 * long each time on the same node, a quarter of an hour at most; half an hour without a failure
 * makes a node as good as new.
 */
final class FailedPods {

  private static final Duration LONGEST = Duration.ofMinutes(15);
  private static final Duration FORGOTTEN = LONGEST.multipliedBy(2);
  private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), LONGEST);

  private record Failures(int count, Instant last) {

    boolean isForgotten(Instant now) {
      return last.plus(FORGOTTEN).isBefore(now);
    }
  }

  private final Map<String, Failures> byNode = new ConcurrentHashMap<>();

  /**
   * Counts a failure, unless its node is still waiting for the last one's time to pass.
   *
   * @return how long to wait yet; zero when the Pod may be replaced
   */
  Duration delay(KubeObject set, String node, Instant now) {
    // another generation of the set is another try
    String key = set.uid() + "/" + set.at("status", "observedGeneration").asLong() + "/" + node;
    Failures known = byNode.get(key);
    if (known == null || known.isForgotten(now)) {
      byNode.values().removeIf(failures -> failures.isForgotten(now));
      byNode.put(key, new Failures(1, now));
      return Duration.ZERO;
    }
    Duration left = Duration.between(now, known.last.plus(BACKOFF.after(known.count)));
    if (left.isPositive()) {
      return left;
    }
    byNode.put(key, new Failures(known.count + 1, now));
    return Duration.ZERO;
  }
}
