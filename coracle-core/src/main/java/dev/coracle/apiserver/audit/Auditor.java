package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.UserInfo;
import dev.coracle.http.Headers;
import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Metrics;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides by the policy which requests are recorded, and hands their events to the backends. */
public final class Auditor implements AutoCloseable {

  private static final int LONGEST_USER_AGENT = 1024;

  private final AuditPolicy policy;
  private final List<AuditSink> sinks;
  private final Counter events;
  private final Counter rejected;
  private final Counter[] levels;

  Auditor(AuditPolicy policy, List<AuditSink> sinks, Metrics metrics) {
    this.policy = policy;
    this.sinks = List.copyOf(sinks);
    this.events =
        metrics.counters("apiserver_audit_event_total", "[ALPHA] Audit events generated.").of();
    this.rejected =
        metrics
            .counters(
                "apiserver_audit_requests_rejected_total",
                "[ALPHA] Requests refused because their audit event could not be stored.")
            .of();
    Family.Counters byLevel =
        metrics.counters(
            "apiserver_audit_level_total", "[ALPHA] Policy levels of requests.", "level");
    this.levels = new Counter[Level.values().length];
    for (Level level : Level.values()) {
      levels[level.ordinal()] = byLevel.of(level.text());
    }
  }

  /** A request as far as auditing looks at it. */
  public record Received(
      String auditId,
      String requestUri,
      Headers headers,
      @Nullable SocketAddress peer,
      RequestInfo info) {}

  /**
   * The event of a request whose user is known; the stage RequestReceived is recorded.
   *
   * @return null when no rule records it
   * @throws NotStored when it could not be stored and must be
   */
  public @Nullable AuditEvent received(Received request, UserInfo user) throws NotStored {
    AuditEvent event = event(request, user);
    if (event != null && !event.record(Stage.REQUEST_RECEIVED)) {
      rejected.increment();
      throw new NotStored();
    }
    return event;
  }

  /**
   * The event of a request whose credentials are no good: recorded once, when it is answered.
   *
   * @return null when no rule records it
   */
  public @Nullable AuditEvent unauthenticated(Received request) {
    AuditEvent event = event(request, null);
    if (event != null) {
      event.unauthenticated();
    }
    return event;
  }

  private @Nullable AuditEvent event(Received request, @Nullable UserInfo user) {
    PolicyRule rule = policy.ruleFor(user, request.info());
    levels[rule.level().ordinal()].increment();
    if (rule.level() == Level.NONE) {
      return null;
    }
    String agent = request.headers().first("user-agent", "");
    return new AuditEvent(
        this,
        rule,
        request.auditId(),
        request.requestUri(),
        agent.length() > LONGEST_USER_AGENT
            ? agent.substring(0, LONGEST_USER_AGENT) + "...TRUNCATED"
            : agent,
        SourceAddresses.of(request.headers(), request.peer()),
        user,
        request.info());
  }

  boolean process(ObjectNode event) {
    events.increment();
    boolean stored = true;
    for (AuditSink sink : sinks) {
      stored &= sink.process(List.of(event));
    }
    return stored;
  }

  /** A request's first event could not be stored, and the backend's mode is blocking-strict. */
  public static final class NotStored extends Exception {
    private static final long serialVersionUID = 1L;

    NotStored() {
      super("failed to store audit event", null, false, false);
    }
  }

  @Override
  public void close() {
    sinks.forEach(AuditSink::close);
  }
}
