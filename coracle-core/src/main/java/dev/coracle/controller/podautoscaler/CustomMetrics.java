package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.Call;
import dev.coracle.client.Client;
import dev.coracle.client.Transport;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an adapter of a monitoring system says of Pods and objects, in {@code
 * custom.metrics.k8s.io}.
 */
final class CustomMetrics {

  private static final String GROUP = "custom.metrics.k8s.io";
  private static final List<String> VERSIONS = List.of("v1beta2", "v1beta1");
  private static final Duration USUAL_WINDOW = Duration.ofMinutes(1);
  private static final String FAILED = "unable to fetch metrics from custom metrics API: ";

  private final Client client;
  private final KindResources kinds;

  CustomMetrics(Client client) {
    this.client = client;
    this.kinds = new KindResources(client.transport());
  }

  /**
   * Of each Pod that a selector matches, by name.
   *
   * @param metricSelector of the metric's own labels; empty for any
   */
  Map<String, ReplicaCalculator.PodMetric> ofPods(
      String namespace, String selector, String metric, String metricSelector)
      throws MetricsFailure {
    List<KubeObject> items = read(namespace, "pods", "*", metric, selector, metricSelector);
    if (items.isEmpty()) {
      throw new MetricsFailure("no metrics returned from custom metrics API");
    }
    Map<String, ReplicaCalculator.PodMetric> metrics = new HashMap<>();
    for (KubeObject item : items) {
      Instant at = Timestamps.parse(item.text("timestamp"));
      metrics.put(
          item.text("describedObject", "name"),
          new ReplicaCalculator.PodMetric(
              value(item), at == null ? Instant.EPOCH : at, window(item)));
    }
    return metrics;
  }

  /**
   * Of one object, in thousandths; a Namespace is always the autoscaler's own.
   *
   * @param described a {@code CrossVersionObjectReference}
   */
  long ofObject(String namespace, JsonNode described, String metric, String metricSelector)
      throws MetricsFailure {
    String kind = described.path("kind").asText();
    String apiVersion = described.path("apiVersion").asText();
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    List<KubeObject> items =
        kind.equals("Namespace") && group.isEmpty()
            ? read(namespace, "metrics", metric, "", "", metricSelector)
            : read(
                namespace,
                resource(group, kind),
                described.path("name").asText(),
                metric,
                "",
                metricSelector);
    if (items.size() != 1) {
      throw new MetricsFailure(
          FAILED
              + "the custom metrics API server returned "
              + items.size()
              + " results when we asked for exactly one");
    }
    return value(items.getFirst());
  }

  /** With its group, as these paths have it. */
  private String resource(String group, String kind) throws MetricsFailure {
    try {
      String resource = kinds.of(group, kind).getFirst().resource();
      return group.isEmpty() ? resource : resource + "." + group;
    } catch (MetricsFailure e) {
      throw new MetricsFailure(
          FAILED
              + "unable to map kind %s to resource: %s"
                  .formatted(group.isEmpty() ? kind : kind + "." + group, e.why()));
    }
  }

  private List<KubeObject> read(
      String namespace,
      String resource,
      String name,
      String metric,
      String selector,
      String metricSelector)
      throws MetricsFailure {
    Map<String, String> query = new LinkedHashMap<>();
    if (!selector.isEmpty()) {
      query.put("labelSelector", selector);
    }
    if (!metricSelector.isEmpty()) {
      query.put("metricLabelSelector", metricSelector);
    }
    GroupVersionResource asked = GroupVersionResource.of(GROUP, version(), resource);
    try {
      return items(
          client
              .transport()
              .send(
                  new Call(
                      "get", asked, namespace, name, metric, query, "application/json", null)));
    } catch (StatusException e) {
      throw new MetricsFailure(FAILED + e.status().message());
    }
  }

  private static List<KubeObject> items(Transport.Answer answer) {
    return switch (answer) {
      case Transport.Answer.One(KubeObject list) -> {
        var items = new java.util.ArrayList<KubeObject>();
        list.at("items").forEach(item -> items.add(KubeObject.of(item.deepCopy())));
        yield items;
      }
      case Transport.Answer.Many(ObjectList list) -> list.items();
    };
  }

  private String version() throws MetricsFailure {
    JsonNode group;
    try {
      group = client.transport().read("/apis/" + GROUP);
    } catch (StatusException e) {
      throw new MetricsFailure(
          FAILED
              + (e.isNotFound()
                  ? "no custom metrics API (custom.metrics.k8s.io) registered"
                  : e.status().message()));
    }
    String preferred = group.path("preferredVersion").path("version").asText();
    if (VERSIONS.contains(preferred)) {
      return preferred;
    }
    for (JsonNode version : group.path("versions")) {
      if (VERSIONS.contains(version.path("version").asText())) {
        return version.path("version").asText();
      }
    }
    throw new MetricsFailure(FAILED + "no known available metric versions found");
  }

  private static long value(KubeObject item) throws MetricsFailure {
    return milli(item.at("value"), FAILED);
  }

  /** An adapter's quantity in thousandths. */
  static long milli(JsonNode quantity, String prefix) throws MetricsFailure {
    try {
      return Quantity.of(quantity).milliValue();
    } catch (IllegalArgumentException e) {
      throw new MetricsFailure(prefix + e.getMessage());
    }
  }

  /** v1beta1 calls it {@code window}. */
  private static Duration window(KubeObject item) {
    JsonNode window =
        item.at("windowSeconds").isNumber() ? item.at("windowSeconds") : item.at("window");
    return window.isNumber() ? Duration.ofSeconds(window.asLong()) : USUAL_WINDOW;
  }
}
