package dev.coracle.controller.podautoscaler;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.List;

/** What an adapter says of things outside the cluster, in {@code external.metrics.k8s.io}. */
final class ExternalMetrics {

  private static final String FAILED = "unable to fetch metrics from external metrics API: ";

  private final Client client;

  ExternalMetrics(Client client) {
    this.client = client;
  }

  /** All values that a selector matches together, in thousandths; the largest long at most. */
  long sum(String namespace, String metric, String selector) throws MetricsFailure {
    List<KubeObject> items;
    try {
      items =
          client
              .list(
                  GroupVersionResource.of("external.metrics.k8s.io", "v1beta1", metric),
                  namespace,
                  ListOptions.ALL.withLabelSelector(selector))
              .items();
    } catch (StatusException e) {
      throw new MetricsFailure(FAILED + e.status().message());
    }
    if (items.isEmpty()) {
      throw new MetricsFailure("no metrics returned from external metrics API");
    }
    long sum = 0;
    for (KubeObject item : items) {
      long value = CustomMetrics.milli(item.at("value"), FAILED);
      if (value > 0 && sum > Long.MAX_VALUE - value) {
        return Long.MAX_VALUE;
      }
      sum += value;
    }
    return sum;
  }
}
