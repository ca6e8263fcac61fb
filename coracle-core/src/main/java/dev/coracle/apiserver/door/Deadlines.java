package dev.coracle.apiserver.door;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.filter.LongRunning;
import dev.coracle.apiserver.filter.RequestTimeout;
import dev.coracle.apiserver.request.Query;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Answers for requests that take longer than they may, as kube-apiserver does: the client is told
 * 504, and what the request began goes on to its end unheard.
 */
final class Deadlines implements AutoCloseable {

  /** One request's time. */
  interface Deadline {
    /** Whether the request's own answer is still wanted; from now on the time is up no more. */
    boolean met();
  }

  private static final Deadline NONE = () -> true;

  private final ScheduledThreadPoolExecutor timer;
  private final Duration most;

  /**
   * @param most how long a request may take at most
   */
  Deadlines(Duration most) {
    this.most = most;
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("request deadlines").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /**
   * @param info null when it could not be read
   * @param tell answers the request with the refusal, without waiting for the peer
   */
  Deadline begin(@Nullable RequestInfo info, Query query, Runnable tell) {
    if (info == null || !mayWait(info, query)) {
      return NONE;
    }
    Duration timeout;
    try {
      timeout = RequestTimeout.of(info, query, most);
    } catch (StatusException refused) {
      return NONE;
    }
    AtomicBoolean over = new AtomicBoolean();
    Future<?> alarm =
        timer.schedule(
            () -> {
              if (over.compareAndSet(false, true)) {
                tell.run();
              }
            },
            Math.max(0, timeout.toNanos()),
            TimeUnit.NANOSECONDS);
    return () -> {
      alarm.cancel(false);
      return over.compareAndSet(false, true);
    };
  }

  /** Reading waits for nothing unless it is asked for a state that is still to come. */
  private static boolean mayWait(RequestInfo info, Query query) {
    boolean reads = info.verb().equals("get") || info.verb().equals("list");
    return !LongRunning.is(info) && !(reads && query.isEmpty());
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
