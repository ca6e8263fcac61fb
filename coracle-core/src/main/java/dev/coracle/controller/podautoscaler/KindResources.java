package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.StatusException;
import dev.coracle.client.Transport;
import java.util.ArrayList;
import java.util.List;

/** Which resources serve a kind, by discovery. */
final class KindResources {

  private final Transport transport;

  KindResources(Transport transport) {
    this.transport = transport;
  }

  /**
   * Those of a kind, in every version of its group, the preferred one first.
   *
   * @throws MetricsFailure when there are none
   */
  List<GroupVersionResource> of(String group, String kind) throws MetricsFailure {
    List<GroupVersionResource> resources = new ArrayList<>();
    for (String version : versions(group)) {
      String path = group.isEmpty() ? "/api/v1" : "/apis/" + group + "/" + version;
      try {
        for (JsonNode each : transport.read(path).path("resources")) {
          String name = each.path("name").asText();
          if (each.path("kind").asText().equals(kind) && name.indexOf('/') < 0) {
            resources.add(GroupVersionResource.of(group, version, name));
          }
        }
      } catch (StatusException e) {
        continue;
      }
    }
    if (resources.isEmpty()) {
      throw new MetricsFailure("no matches for kind \"%s\" in group \"%s\"".formatted(kind, group));
    }
    return resources;
  }

  private List<String> versions(String group) {
    if (group.isEmpty()) {
      return List.of("v1");
    }
    List<String> versions = new ArrayList<>();
    try {
      transport
          .read("/apis/" + group)
          .path("versions")
          .forEach(version -> versions.add(version.path("version").asText()));
    } catch (StatusException e) {
      return List.of();
    }
    return versions;
  }
}
