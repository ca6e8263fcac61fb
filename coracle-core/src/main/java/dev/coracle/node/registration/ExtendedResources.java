package dev.coracle.node.registration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.node.inputs.NodeSources;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Resources that somebody else advertises in a Node's capacity (the Kubernetes page "Advertise
 * Extended Resources for a Node"): its kubelet makes them allocatable.
 */
public final class ExtendedResources {

  private ExtendedResources() {}

  /**
   * What makes the Node's extended resources as allocatable as its capacity says.
   *
   * @return a merge patch for its status; null when there is nothing to change
   */
  public static @Nullable ObjectNode patch(KubeObject node) {
    JsonNode capacity = node.at("status", "capacity");
    JsonNode allocatable = node.at("status", "allocatable");
    ObjectNode change = Json.object();
    for (Map.Entry<String, JsonNode> resource : capacity.properties()) {
      String name = resource.getKey();
      if (isExtended(name) && !resource.getValue().equals(allocatable.path(name))) {
        change.set(name, resource.getValue());
      }
    }
    for (Map.Entry<String, JsonNode> resource : allocatable.properties()) {
      if (isExtended(resource.getKey()) && !capacity.has(resource.getKey())) {
        change.putNull(resource.getKey());
      }
    }
    if (change.isEmpty()) {
      return null;
    }
    ObjectNode patch = Json.object();
    patch.putObject("status").set("allocatable", change);
    return patch;
  }

  /** Writes what {@link #patch} says, as the kubelet. */
  public static KubeObject write(Client client, String node, ObjectNode patch) {
    return client.patch(
        NodeSources.NODES,
        "",
        node,
        "status",
        PatchType.MERGE,
        patch,
        WriteOptions.manager("kubelet"));
  }

  /** Resources of other domains than Kubernetes' own. */
  private static boolean isExtended(String name) {
    int slash = name.indexOf('/');
    return slash > 0 && !name.substring(0, slash).endsWith("kubernetes.io");
  }
}
