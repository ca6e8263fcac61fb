package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Clock;
import dev.coracle.node.probes.Handlers.Outcome;
import dev.coracle.node.probes.Handlers.Result;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One probe of one started container, from the start to {@link #close}. */
public final class ProbeLoop implements AutoCloseable {

  /** Asks once. */
  public interface Attempt {
    Result run(Duration timeout) throws InterruptedException;
  }

  /** Told when thresholds are reached, and of every failure. */
  public interface Listener {
    void passed();

    /** So many failures in a row. */
    void failed();

    /** One attempt did not simply succeed. */
    void noticed(Result result);
  }

  private final Clock clock;
  private final Attempt attempt;
  private final Listener listener;
  private final Duration period;
  private final Duration timeout;
  private final int successThreshold;
  private final int failureThreshold;
  private int successes;
  private int failures;
  private boolean closed;
  private Clock.@Nullable Timer timer;

  public ProbeLoop(JsonNode probe, Clock clock, Attempt attempt, Listener listener) {
    this.clock = clock;
    this.attempt = attempt;
    this.listener = listener;
    this.period = Duration.ofSeconds(Math.max(1, probe.path("periodSeconds").asLong(10)));
    this.timeout = Duration.ofSeconds(Math.max(1, probe.path("timeoutSeconds").asLong(1)));
    this.successThreshold = Math.max(1, probe.path("successThreshold").asInt(1));
    this.failureThreshold = Math.max(1, probe.path("failureThreshold").asInt(3));
    schedule(Duration.ofSeconds(probe.path("initialDelaySeconds").asLong(0)));
  }

  private synchronized void schedule(Duration delay) {
    if (!closed) {
      timer = clock.schedule(delay, this::once);
    }
  }

  private void once() {
    try {
      Result result = attempt.run(timeout);
      if (isClosed()) {
        return;
      }
      if (result.outcome() != Outcome.SUCCESS) {
        listener.noticed(result);
      }
      count(result.outcome());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    schedule(period);
  }

  private void count(Outcome outcome) {
    switch (outcome) {
      case SUCCESS, WARNING -> {
        failures = 0;
        if (++successes >= successThreshold) {
          listener.passed();
        }
      }
      case FAILURE -> {
        successes = 0;
        if (++failures >= failureThreshold) {
          listener.failed();
        }
      }
      case UNKNOWN -> {
        return;
      }
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
  }
}
