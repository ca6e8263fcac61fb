package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.node.probes.ProbeLoop;
import dev.coracle.node.runtime.SecurityOptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a Pod's worker knows of one of its containers. Guarded by the worker. */
final class ContainerRecord {

  enum State {
    WAITING,
    RUNNING,
    TERMINATED
  }

  /** The lists of a Pod's spec. */
  enum Kind {
    INIT("initContainers"),
    MAIN("containers"),
    EPHEMERAL("ephemeralContainers");

    final String field;

    Kind(String field) {
      this.field = field;
    }
  }

  final String name;
  final Kind kind;
  final boolean sidecar;
  JsonNode spec;

  /** Whether its definition changed while it ran: it starts anew whatever its policy says. */
  boolean changed;

  /** Whether that is for its resources. */
  boolean resized;

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

  /** Whether the server was not told of its end yet. */
  boolean justEnded;

  final CrashBackOff backOff = new CrashBackOff();

  /** The end after which it was not started again yet. */
  @Nullable Instant finishedAt;

  /** Not started before, after a start that failed. */
  @Nullable Instant nextStart;

  @Nullable SecurityOptions user;

  ContainerRecord(JsonNode spec, Kind kind, String waitingReason) {
    this.spec = spec;
    this.name = spec.path("name").asText();
    this.kind = kind;
    this.sidecar = kind == Kind.INIT && spec.path("restartPolicy").asText("").equals("Always");
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

  /** Its latest end becomes {@code lastState}. */
  void keepLast() {
    if (terminated != null) {
      last = terminated;
      terminated = null;
    }
  }

  void waiting(String reason, String message) {
    keepLast();
    state = State.WAITING;
    waitingReason = reason;
    waitingMessage = message;
    ready = false;
    started = false;
  }

  /** What was wrong with its configuration may have been mended. */
  void tryConfigurationAgain() {
    if (state == State.WAITING && waitingReason.equals("CreateContainerConfigError")) {
      nextStart = null;
    }
  }

  void closeProbes() {
    probes.forEach(ProbeLoop::close);
    probes.clear();
  }
}
