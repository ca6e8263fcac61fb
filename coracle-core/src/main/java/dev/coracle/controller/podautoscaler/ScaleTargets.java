package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.ArrayList;
import java.util.List;

/** The scale subresource of what an autoscaler names: any kind that discovery shows. */
final class ScaleTargets {

  /** A target's {@code Scale} and where it is. */
  record Target(GroupVersionResource resource, KubeObject scale) {}

  private final Client client;

  ScaleTargets(Client client) {
    this.client = client;
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
    for (GroupVersionResource resource : resources(group, kind)) {
      try {
        return new Target(
            resource,
            client.getSubresource(resource, namespace, reference.path("name").asText(), "scale"));
      } catch (StatusException e) {
        first = first == null ? e : first;
      }
    }
    throw new MetricsFailure(
        first == null
            ? "no matches for kind \"%s\" in group \"%s\"".formatted(kind, group)
            : first.status().message());
  }

  /** Of a kind, in every version of its group, the preferred one first. */
  private List<GroupVersionResource> resources(String group, String kind) {
    List<String> versions = new ArrayList<>();
    try {
      if (group.isEmpty()) {
        versions.add("v1");
      } else {
        client
            .transport()
            .read("/apis/" + group)
            .path("versions")
            .forEach(version -> versions.add(version.path("version").asText()));
      }
    } catch (StatusException e) {
      return List.of();
    }
    List<GroupVersionResource> resources = new ArrayList<>();
    for (String version : versions) {
      String path = group.isEmpty() ? "/api/v1" : "/apis/" + group + "/" + version;
      try {
        for (JsonNode each : client.transport().read(path).path("resources")) {
          String name = each.path("name").asText();
          if (each.path("kind").asText().equals(kind) && name.indexOf('/') < 0) {
            resources.add(GroupVersionResource.of(group, version, name));
          }
        }
      } catch (StatusException e) {
        continue;
      }
    }
    return resources;
  }
}
