package dev.coracle.apiserver.filter;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds how many requests are being served at a time, reading and changing ones apart, as
 * kube-apiserver's {@code --max-requests-inflight} and {@code --max-mutating-requests-inflight}. No
 * user has more than three quarters of the places, so that one cannot shut out all others.
 * Long-running requests and members of {@code system:masters} do not count.
 */
public final class InFlight {

  private static final Set<String> READING = Set.of("get", "list", "watch");

  private final int mostReading;
  private final int mostMutating;
  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicInteger mutating = new AtomicInteger();
  private final Map<String, Integer> readingBy = new ConcurrentHashMap<>();
  private final Map<String, Integer> mutatingBy = new ConcurrentHashMap<>();

  public InFlight(int mostReading, int mostMutating) {
    this.mostReading = mostReading;
    this.mostMutating = mostMutating;
  }

  /** A place among the requests being served; closing it gives it back. */
  public interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * @throws StatusException 429 when there is no place
   */
  public Place enter(RequestInfo info, UserInfo user) {
    if (LongRunning.is(info) || user.groups().contains("system:masters")) {
      return () -> {};
    }
    boolean reads = READING.contains(info.verb());
    AtomicInteger count = reads ? reading : mutating;
    Map<String, Integer> users = reads ? readingBy : mutatingBy;
    int most = reads ? mostReading : mostMutating;
    int own = users.merge(user.name(), 1, Integer::sum);
    if (count.incrementAndGet() > most || own > Math.max(1, most * 3 / 4)) {
      leave(count, users, user.name());
      throw StatusException.tooManyRequests("Too many requests, please try again later.", 1);
    }
    return () -> leave(count, users, user.name());
  }

  private static void leave(AtomicInteger count, Map<String, Integer> users, String user) {
    count.decrementAndGet();
    users.computeIfPresent(user, (name, places) -> places == 1 ? null : places - 1);
  }

  public int reading() {
    return reading.get();
  }

  public int mutating() {
    return mutating.get();
  }
}
