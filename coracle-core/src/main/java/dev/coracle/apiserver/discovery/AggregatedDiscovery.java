package dev.coracle.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.apiserver.aggregation.RemoteGroup;
import dev.coracle.registry.ResourceType;
import java.util.LinkedHashMap;
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

  /** Adds what an extension server serves to its group. */
  static void extend(ObjectNode group, RemoteGroup remote) {
    if (!group.path("metadata").path("name").asText().equals(remote.group())) {
      return;
    }
    for (JsonNode version : group.path("versions")) {
      if (version instanceof ObjectNode own
          && own.path("version").asText().equals(remote.version())) {
        own.set("resources", resources(remote));
        own.put("freshness", remote.available() ? "Current" : "Stale");
      }
    }
  }

  private static ArrayNode resources(RemoteGroup remote) {
    Map<String, ObjectNode> byName = new LinkedHashMap<>();
    for (JsonNode each : remote.resources()) {
      String name = each.path("name").asText();
      int slash = name.indexOf('/');
      ObjectNode json = Json.object();
      json.put(slash < 0 ? "resource" : "subresource", name.substring(slash + 1));
      json.putObject("responseKind")
          .put("group", each.path("group").asText(remote.group()))
          .put("version", each.path("version").asText(remote.version()))
          .put("kind", each.path("kind").asText());
      if (slash < 0) {
        json.put("scope", each.path("namespaced").asBoolean() ? "Namespaced" : "Cluster");
        json.put("singularResource", each.path("singularName").asText());
      }
      for (String list : List.of("verbs", "shortNames", "categories")) {
        if (each.path(list).isArray()) {
          json.set(list, each.path(list).deepCopy());
        }
      }
      ObjectNode owner = slash < 0 ? null : byName.get(name.substring(0, slash));
      if (owner != null) {
        owner.withArray("subresources").add(json);
      } else if (slash < 0) {
        byName.put(name, json);
      }
    }
    ArrayNode resources = Json.array();
    byName.values().forEach(resources::add);
    return resources;
  }
}
