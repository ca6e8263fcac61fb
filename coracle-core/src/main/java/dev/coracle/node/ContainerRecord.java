package dev.coracle.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.node.probes.ProbeLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a Pod's worker knows of one of its containers. Guarded by the worker. */
final class ContainerRecord {

  static final Duration FIRST_BACKOFF = Duration.ofSeconds(10);
  static final Duration LONGEST_BACKOFF = Duration.ofSeconds(300);

  enum State {
    WAITING,
    RUNNING,
    TERMINATED
  }

  final String name;
  final boolean init;
  final boolean sidecar;
  final JsonNode spec;
  final List<ProbeLoop> probes = new ArrayList<>();
  State state = State.WAITING;
  String waitingReason;
  String waitingMessage = "";
  @Nullable String id;
  @Nullable String lastId;
  int restarts;
  int attempts;
  @Nullable String startedAt;

  /** {@code state.terminated}. */
  @Nullable ObjectNode terminated;

  /** {@code lastState.terminated}. */
  @Nullable ObjectNode last;

  boolean started;
  boolean ready;
  boolean stopping;
  boolean backoffTold;
  Duration backoff = Duration.ZERO;
  @Nullable Instant nextStart;

  ContainerRecord(JsonNode spec, boolean init, String waitingReason) {
    this.spec = spec;
    this.name = spec.path("name").asText();
    this.init = init;
    this.sidecar = init && spec.path("restartPolicy").asText("").equals("Always");
    this.waitingReason = waitingReason;
  }

  boolean isTerminated() {
    return state == State.TERMINATED;
  }

  boolean isRunning() {
    return state == State.RUNNING;
  }

  boolean succeeded() {
    return isTerminated() && exitCode() == 0;
  }

  int exitCode() {
    return terminated == null ? 0 : terminated.path("exitCode").asInt();
  }

  boolean everStarted() {
    return state != State.WAITING || last != null || restarts > 0;
  }

  void waiting(String reason, String message) {
    if (terminated != null) {
      last = terminated;
      terminated = null;
    }
    state = State.WAITING;
    waitingReason = reason;
    waitingMessage = message;
    ready = false;
    started = false;
  }

  /** Sets when it may start again: at once the first time, then after 10 s, 20 s... 300 s. */
  void backOff(Instant now) {
    nextStart = now.plus(backoff);
    backoff = next(backoff);
  }

  private static Duration next(Duration backoff) {
    if (backoff.isZero()) {
      return FIRST_BACKOFF;
    }
    Duration doubled = backoff.multipliedBy(2);
    return doubled.compareTo(LONGEST_BACKOFF) > 0 ? LONGEST_BACKOFF : doubled;
  }

  void closeProbes() {
    probes.forEach(ProbeLoop::close);
    probes.clear();
  }
}
