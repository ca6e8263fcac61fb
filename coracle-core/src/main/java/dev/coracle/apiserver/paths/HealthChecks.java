package dev.coracle.apiserver.paths;

import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Text;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Metrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's health: named checks behind {@code /healthz}, {@code /livez} and {@code /readyz}
 * (the Kubernetes page "API health endpoints").
 */
public final class HealthChecks {

  private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);

  /** Which endpoints a check belongs to. */
  public enum Scope {
    /** Whether the process is worth keeping: every endpoint. */
    LIVE,
    /** Whether it can serve now: {@code /readyz} and {@code /healthz}. */
    READY
  }

  /** A check. */
  public interface Check {
    /** Why it fails, for the log; null when it is well. */
    @Nullable String failure();
  }

  private record Named(Scope scope, Check check) {}

  /** How the checks have come out, for {@code /metrics/slis}. */
  public void count(Metrics metrics) {
    metrics.gauges(
        "kubernetes_healthcheck",
        "[STABLE] Whether a health check passes (1) or not (0), as of now.",
        List.of("name", "type"),
        samples ->
            List.of("healthz", "livez", "readyz")
                .forEach(
                    endpoint ->
                        checks(endpoint)
                            .forEach(
                                (name, check) ->
                                    samples.sample(
                                        check.failure() == null ? 1 : 0, name, endpoint))));
    results =
        metrics.counters(
            "kubernetes_healthchecks_total",
            "[STABLE] Results of health checks.",
            "name",
            "status",
            "type");
  }

  private @Nullable String run(String endpoint, String name, Check check) {
    String failure = check.failure();
    Family.Counters counters = results;
    if (counters != null) {
      counters.of(name, failure == null ? "success" : "error", endpoint).increment();
    }
    return failure;
  }

  private final Map<String, Named> checks = new LinkedHashMap<>();
  private volatile Family.@Nullable Counters results;

  public HealthChecks() {
    add("ping", Scope.LIVE, () -> null);
  }

  /** Adds a check, or replaces the one of this name. */
  public void add(String name, Scope scope, Check check) {
    synchronized (checks) {
      checks.put(name, new Named(scope, check));
    }
  }

  public List<String> names() {
    synchronized (checks) {
      return List.copyOf(checks.keySet());
    }
  }

  /**
   * @param endpoint healthz, livez or readyz
   * @param name of a single check; empty for all
   */
  public ApiResponse serve(ApiRequest request, String endpoint, String name) {
    Map<String, Check> chosen = checks(endpoint);
    if (!name.isEmpty() && !name.equals("/")) {
      Check single = chosen.get(name);
      return single == null ? PathEndpoints.notFound() : single(endpoint, name, single);
    }
    Set<String> excluded = new LinkedHashSet<>(request.query().all("exclude"));
    StringBuilder lines = new StringBuilder();
    List<String> failed = new ArrayList<>();
    chosen.forEach(
        (each, check) -> {
          if (excluded.remove(each)) {
            lines.append("[+]").append(each).append(" excluded: ok\n");
            return;
          }
          String failure = run(endpoint, each, check);
          if (failure == null) {
            lines.append("[+]").append(each).append(" ok\n");
            return;
          }
          LOG.info("{} check {} failed: {}", endpoint, each, failure);
          failed.add(each);
          lines.append("[-]").append(each).append(" failed: reason withheld\n");
        });
    if (!excluded.isEmpty()) {
      lines
          .append("warn: some health checks cannot be excluded: no matches for ")
          .append(String.join(", ", excluded.stream().map(Text::quote).toList()))
          .append('\n');
    }
    if (!failed.isEmpty()) {
      return ApiResponse.text(500, lines.append(endpoint).append(" check failed\n").toString());
    }
    return ApiResponse.text(
        200,
        request.query().has("verbose")
            ? lines.append(endpoint).append(" check passed\n").toString()
            : "ok");
  }

  private ApiResponse single(String endpoint, String name, Check check) {
    String failure = run(endpoint, name, check);
    if (failure == null) {
      return ApiResponse.text(200, "ok");
    }
    LOG.info("{} check {} failed: {}", endpoint, name, failure);
    return ApiResponse.text(500, "internal server error: " + failure + "\n");
  }

  /** What is not well at an endpoint, with the reason, by the check's name. */
  public Map<String, String> failures(String endpoint) {
    Map<String, String> failures = new LinkedHashMap<>();
    checks(endpoint)
        .forEach(
            (name, check) -> {
              String failure = check.failure();
              if (failure != null) {
                failures.put(name, failure);
              }
            });
    return failures;
  }

  private Map<String, Check> checks(String endpoint) {
    Map<String, Check> chosen = new LinkedHashMap<>();
    synchronized (checks) {
      checks.forEach(
          (name, named) -> {
            if (named.scope == Scope.LIVE || !endpoint.equals("livez")) {
              chosen.put(name, named.check);
            }
          });
    }
    return chosen;
  }
}
