package dev.coracle.apiserver.paths;

import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.http.Headers;
import dev.coracle.metrics.Exposition;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Metrics;
import dev.coracle.metrics.ProcessMetrics;
import java.util.List;
import java.util.function.Predicate;

/**
 * {@code /metrics} and {@code /metrics/slis}: what only a scrape needs is made at the first one.
 */
public final class MetricsEndpoint {

  private final Metrics metrics;
  private boolean complete;

  public MetricsEndpoint(Metrics metrics) {
    this.metrics = metrics;
  }

  public ApiResponse all(ApiRequest request, String rest) {
    complete();
    return answer(request, family -> !family.name().startsWith("kubernetes_healthcheck"));
  }

  public ApiResponse healthOf(ApiRequest request, String rest) {
    return answer(request, family -> family.name().startsWith("kubernetes_healthcheck"));
  }

  private ApiResponse answer(ApiRequest request, Predicate<Family> wanted) {
    Exposition format = Exposition.of(request.headers().first("accept", ""));
    return new ApiResponse.Bytes(
        200, format.contentType(), format.write(metrics, wanted), new Headers());
  }

  private synchronized void complete() {
    if (complete) {
      return;
    }
    complete = true;
    ProcessMetrics.add(metrics);
    metrics.gauges(
        "kubernetes_build_info",
        "[ALPHA] The version that this server was built as; always 1.",
        List.of(
            "build_date",
            "compiler",
            "git_commit",
            "git_tree_state",
            "git_version",
            "go_version",
            "major",
            "minor",
            "platform"),
        samples -> samples.sample(1, Version.labels()));
  }
}
