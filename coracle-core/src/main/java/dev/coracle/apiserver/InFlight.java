package dev.coracle.apiserver;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds how many requests are being served at a time, reading and changing ones apart, as
 * kube-apiserver's {@code --max-requests-inflight} and {@code --max-mutating-requests-inflight}.
 * Long-running requests and members of {@code system:masters} do not count.
 */
final class InFlight {

  private static final Set<String> READING = Set.of("get", "list", "watch");
  private static final Set<String> LONG_RUNNING =
      Set.of("attach", "exec", "log", "portforward", "proxy");

  private final int mostReading;
  private final int mostMutating;
  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicInteger mutating = new AtomicInteger();

  InFlight(int mostReading, int mostMutating) {
    this.mostReading = mostReading;
    this.mostMutating = mostMutating;
  }

  /** A place among the requests being served; closing it gives it back. */
  interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * @throws StatusException 429 when there is no place
   */
  Place enter(RequestInfo info, UserInfo user) {
    if (info.verb().equals("watch")
        || info.verb().equals("proxy")
        || LONG_RUNNING.contains(info.subresource())
        || user.groups().contains("system:masters")) {
      return () -> {};
    }
    boolean reads = READING.contains(info.verb());
    AtomicInteger count = reads ? reading : mutating;
    if (count.incrementAndGet() > (reads ? mostReading : mostMutating)) {
      count.decrementAndGet();
      throw StatusException.tooManyRequests("Too many requests, please try again later.", 1);
    }
    return count::decrementAndGet;
  }

  int reading() {
    return reading.get();
  }

  int mutating() {
    return mutating.get();
  }
}
