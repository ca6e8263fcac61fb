package dev.coracle.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.registry.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code apidiscovery.k8s.io/v2}: everything about groups in one document. */
final class AggregatedDiscovery {

  private AggregatedDiscovery() {}

  static ObjectNode list(ArrayNode groups) {
    ObjectNode json =
        Json.object()
            .put("kind", "APIGroupDiscoveryList")
            .put("apiVersion", "apidiscovery.k8s.io/v2");
    json.putObject("metadata");
    json.set("items", groups);
    return json;
  }

  static ObjectNode group(String group, Map<String, List<ResourceType>> versions) {
    ObjectNode json = Json.object();
    ObjectNode metadata = json.putObject("metadata");
    if (!group.isEmpty()) {
      metadata.put("name", group);
    }
    ArrayNode array = json.putArray("versions");
    versions.forEach(
        (version, types) -> {
          ObjectNode each = array.addObject().put("version", version);
          ArrayNode resources = each.putArray("resources");
          types.forEach(type -> resources.add(resource(type)));
          each.put("freshness", "Current");
        });
    return json;
  }

  private static ObjectNode resource(ResourceType type) {
    ObjectNode json = Json.object().put("resource", type.plural());
    responseKind(json, type.gvk(), type);
    json.put("scope", type.namespaced() ? "Namespaced" : "Cluster");
    json.put("singularResource", type.singular());
    Discovery.verbs(json, type.verbs());
    Discovery.names(json, "shortNames", type.shortNames());
    Discovery.names(json, "categories", type.categories());
    if (!type.subresources().isEmpty()) {
      ArrayNode subresources = json.putArray("subresources");
      for (ResourceType.Subresource subresource : new TreeMap<>(type.subresources()).values()) {
        ObjectNode each = subresources.addObject().put("subresource", subresource.name());
        responseKind(each, subresource.kind(), type);
        Discovery.verbs(each, subresource.verbs());
      }
    }
    return json;
  }

  /** Group and version stay empty where they are those of the list's own version. */
  private static void responseKind(ObjectNode json, GroupVersionKind kind, ResourceType type) {
    boolean own = kind.group().equals(type.group()) && kind.version().equals(type.version());
    boolean shown = !own || type.custom();
    json.putObject("responseKind")
        .put("group", shown ? kind.group() : "")
        .put("version", shown ? kind.version() : "")
        .put("kind", kind.kind());
  }
}
