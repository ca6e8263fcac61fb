package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Durations;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.Client;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What Pods use of a resource, from {@code metrics.k8s.io}. */
final class PodMetrics {

  private static final GroupVersionResource METRICS =
      GroupVersionResource.of("metrics.k8s.io", "v1beta1", "pods");

  private final Client client;

  PodMetrics(Client client) {
    this.client = client;
  }

  /**
   * By Pod; those of which a container's usage is not known are left out.
   *
   * @param container the only one that counts; empty for all
   */
  Map<String, ReplicaCalculator.PodMetric> read(
      String namespace, String selector, String resource, String container) throws MetricsFailure {
    List<KubeObject> items;
    try {
      items = client.list(METRICS, namespace, ListOptions.ALL.withLabelSelector(selector)).items();
    } catch (StatusException e) {
      throw new MetricsFailure(
          "unable to get metrics for resource "
              + resource
              + ": unable to fetch metrics from resource metrics API: "
              + e.status().message());
    }
    if (items.isEmpty()) {
      throw new MetricsFailure(
          "unable to get metrics for resource "
              + resource
              + ": no metrics returned from resource metrics API");
    }
    Map<String, ReplicaCalculator.PodMetric> metrics = new HashMap<>();
    for (KubeObject item : items) {
      Long usage = usage(item, resource, container);
      if (usage != null) {
        Instant at = Timestamps.parse(item.text("timestamp"));
        metrics.put(
            item.name(),
            new ReplicaCalculator.PodMetric(
                usage, at == null ? Instant.EPOCH : at, window(item.text("window"))));
      }
    }
    return metrics;
  }

  /** Null when it is not known of all that counts. */
  private static @Nullable Long usage(KubeObject item, String resource, String container) {
    long sum = 0;
    boolean found = false;
    for (JsonNode each : item.at("containers")) {
      if (!container.isEmpty() && !each.path("name").asText().equals(container)) {
        continue;
      }
      found = true;
      JsonNode usage = each.path("usage").path(resource);
      if (usage.isMissingNode()) {
        return null;
      }
      sum += Quantity.of(usage).milliValue();
    }
    return found ? (Long) sum : null;
  }

  private static Duration window(String text) {
    try {
      return Durations.parse("window", text);
    } catch (IllegalArgumentException e) {
      return Duration.ofSeconds(30);
    }
  }
}
