package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;

/** The scale subresource of what an autoscaler names: any kind that discovery shows. */
final class ScaleTargets {

  /** A target's {@code Scale} and where it is. */
  record Target(GroupVersionResource resource, KubeObject scale) {}

  private final Client client;
  private final KindResources kinds;

  ScaleTargets(Client client) {
    this.client = client;
    this.kinds = new KindResources(client.transport());
  }

  /**
   * @param reference a {@code CrossVersionObjectReference}
   * @throws MetricsFailure when it names nothing that can be scaled
   */
  Target find(String namespace, JsonNode reference) throws MetricsFailure {
    String kind = reference.path("kind").asText();
    String apiVersion = reference.path("apiVersion").asText();
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    if (slash >= 0 && apiVersion.indexOf('/', slash + 1) >= 0) {
      throw new MetricsFailure("unexpected GroupVersion string: " + apiVersion);
    }
    StatusException first = null;
    for (GroupVersionResource resource : kinds.of(group, kind)) {
      try {
        return new Target(
            resource,
            client.getSubresource(resource, namespace, reference.path("name").asText(), "scale"));
      } catch (StatusException e) {
        first = first == null ? e : first;
      }
    }
    throw new MetricsFailure(first == null ? "unrecognized resource" : first.status().message());
  }
}
