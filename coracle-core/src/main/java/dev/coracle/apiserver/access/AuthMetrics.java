package dev.coracle.apiserver.access;

import dev.coracle.api.UserInfo;
import dev.coracle.auth.Authorizer;
import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;

/** How authentication and authorization went. */
public final class AuthMetrics {

  private static final double[] DURATIONS = Histogram.exponential(0.001, 2, 15);

  private final Family.Counters users;
  private final Counter others;
  private final Counter success;
  private final Counter failure;
  private final Histogram successTime;
  private final Histogram failureTime;
  private final Counter[] decisions = new Counter[Authorizer.Decision.values().length];
  private final Histogram[] decisionTimes = new Histogram[decisions.length];

  public AuthMetrics(Metrics metrics) {
    users =
        metrics.counters(
            "authenticated_user_requests",
            "[ALPHA] Authenticated requests, by well-known user names.",
            "username");
    others = users.of("other");
    Family.Counters attempts =
        metrics.counters(
            "authentication_attempts", "[ALPHA] Attempts to authenticate, by result.", "result");
    success = attempts.of("success");
    failure = attempts.of("failure");
    Family.Histograms times =
        metrics.histograms(
            "authentication_duration_seconds",
            "[ALPHA] Time to authenticate, by result.",
            DURATIONS,
            "result");
    successTime = times.of("success");
    failureTime = times.of("failure");
    Family.Counters results =
        metrics.counters(
            "authorization_attempts_total",
            "[ALPHA] Authorization decisions, by result.",
            "result");
    Family.Histograms resultTimes =
        metrics.histograms(
            "authorization_duration_seconds",
            "[ALPHA] Time to authorize, by result.",
            DURATIONS,
            "result");
    for (Authorizer.Decision decision : Authorizer.Decision.values()) {
      String label =
          switch (decision) {
            case ALLOW -> "allowed";
            case DENY -> "denied";
            case NO_OPINION -> "no-opinion";
          };
      decisions[decision.ordinal()] = results.of(label);
      decisionTimes[decision.ordinal()] = resultTimes.of(label);
    }
  }

  public void authenticated(UserInfo user, long nanos) {
    success.increment();
    successTime.recordNanos(nanos);
    String name = user.name();
    switch (name) {
      case "admin",
          "client",
          "kube_proxy",
          "kubelet",
          "system:serviceaccount:kube-system:default" ->
          users.of(name).increment();
      default -> {
        if (name.indexOf('@') >= 0) {
          users.of("email_id").increment();
        } else {
          others.increment();
        }
      }
    }
  }

  public void rejected(long nanos) {
    failure.increment();
    failureTime.recordNanos(nanos);
  }

  void authorized(Authorizer.Decision decision, long nanos) {
    decisions[decision.ordinal()].increment();
    decisionTimes[decision.ordinal()].recordNanos(nanos);
  }
}
