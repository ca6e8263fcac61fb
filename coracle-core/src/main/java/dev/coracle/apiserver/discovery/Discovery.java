package dev.coracle.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeVersions;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.aggregation.ApiServices;
import dev.coracle.apiserver.aggregation.GroupOrder;
import dev.coracle.apiserver.aggregation.LocalGroups;
import dev.coracle.apiserver.aggregation.RemoteGroup;
import dev.coracle.apiserver.encoding.Negotiation;
import dev.coracle.apiserver.paths.PathEndpoints;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.http.Headers;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Discovery: which groups, versions and resources there are, one document at a time or aggregated
 * (KEP-3352). Documents are made when they are first asked for, from the registry's rows.
 */
public final class Discovery {

  /**
   * @param groups what there is
   * @param documents those that were asked for, by their keys
   */
  private record Known(
      long generation,
      Map<String, Map<String, List<ResourceType>>> groups,
      Map<String, Document> documents) {}

  private record Document(byte[] json, String etag) {}

  private final Registry registry;
  private final ApiServices services;
  private final LocalGroups locals;
  private final String address;
  private volatile Known known = new Known(Long.MIN_VALUE, Map.of(), Map.of());

  /**
   * @param address where clients reach this server, {@code host:port}
   */
  public Discovery(Registry registry, ApiServices services, LocalGroups locals, String address) {
    this.registry = registry;
    this.services = services;
    this.locals = locals;
    this.address = address;
  }

  /** {@code /api} and {@code /api/v1}. */
  public ApiResponse core(ApiRequest request, String rest) {
    request.requireGet();
    if (!rest.isEmpty() && !rest.equals("/")) {
      return resources(request, "", strip(rest));
    }
    Negotiated format = Negotiation.discovery(request);
    return format.view() == Negotiated.View.DISCOVERY_V2
        ? answer(request, format, "v2 /api")
        : answer(request, format, "/api");
  }

  /** {@code /apis}, {@code /apis/GROUP} and {@code /apis/GROUP/VERSION}. */
  public ApiResponse groups(ApiRequest request, String rest) {
    request.requireGet();
    String path = strip(rest);
    if (!path.isEmpty()) {
      int slash = path.indexOf('/');
      return slash < 0
          ? group(request, path)
          : resources(request, path.substring(0, slash), path.substring(slash + 1));
    }
    Negotiated format = Negotiation.discovery(request);
    return format.view() == Negotiated.View.DISCOVERY_V2
        ? answer(request, format, "v2 /apis")
        : answer(request, format, "/apis");
  }

  /** The paths of every group and version, as the index lists them. */
  public List<String> paths() {
    List<String> paths = new ArrayList<>();
    byGroup()
        .forEach(
            (group, versions) -> {
              if (!group.isEmpty()) {
                paths.add("/apis/" + group);
              }
              versions
                  .keySet()
                  .forEach(
                      version ->
                          paths.add(
                              group.isEmpty()
                                  ? "/api/" + version
                                  : "/apis/" + group + "/" + version));
            });
    return paths;
  }

  private static String strip(String rest) {
    String path = rest.startsWith("/") ? rest.substring(1) : rest;
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private ApiResponse group(ApiRequest request, String group) {
    return find("/apis/" + group) == null
        ? PathEndpoints.notFound()
        : answer(request, Negotiation.document(request), "/apis/" + group);
  }

  private ApiResponse resources(ApiRequest request, String group, String version) {
    String path = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
    if (find(path) != null) {
      return answer(request, Negotiation.document(request), path);
    }
    if (!group.isEmpty() && find("/apis/" + group) == null) {
      return PathEndpoints.notFound();
    }
    throw StatusException.noSuchPath();
  }

  private ApiResponse answer(ApiRequest request, Negotiated format, String key) {
    Document document = find(key);
    if (document == null) {
      return PathEndpoints.notFound();
    }
    if (format.view() != Negotiated.View.DISCOVERY_V2) {
      return new ApiResponse.Document(200, document.json, format, new Headers());
    }
    Headers headers = Headers.of("ETag", document.etag, "Vary", "Accept");
    if (document.etag.equals(request.headers().first("if-none-match"))) {
      return new ApiResponse.Bytes(304, "", new byte[0], headers);
    }
    return new ApiResponse.Document(200, document.json, format, headers);
  }

  private @Nullable Document find(String key) {
    Known current = known;
    long generation = registry.resourcesGeneration() + services.generation() + locals.generation();
    if (current.generation != generation) {
      current = new Known(generation, byGroup(), new ConcurrentHashMap<>());
      known = current;
    }
    Document document = current.documents.get(key);
    if (document == null) {
      ObjectNode tree = tree(key, current.groups);
      if (tree != null) {
        byte[] json = Json.write(tree);
        document = new Document(json, key.startsWith("v2") ? Hashes.etag(json) : "");
        current.documents.put(key, document);
      }
    }
    return document;
  }

  /** Null when there is no such document. */
  private @Nullable ObjectNode tree(
      String key, Map<String, Map<String, List<ResourceType>>> groups) {
    Map<String, List<ResourceType>> core = groups.getOrDefault("", Map.of());
    return switch (key) {
      case "/api" -> versions(core.keySet());
      case "/apis" -> groupList(groups);
      case "v2 /api" ->
          AggregatedDiscovery.list(Json.array().add(AggregatedDiscovery.group("", core)));
      case "v2 /apis" -> aggregated(groups);
      default -> {
        String[] path = key.split("/", 4);
        String group = path[1].equals("api") ? "" : path[2];
        String version = group.isEmpty() ? path[2] : path.length > 3 ? path[3] : "";
        Map<String, List<ResourceType>> versions = groups.get(group);
        if (versions == null) {
          yield null;
        }
        if (version.isEmpty()) {
          yield group(group, versions.keySet(), true);
        }
        List<ResourceType> types = versions.get(version);
        yield types == null ? null : resourceList(group, version, types);
      }
    };
  }

  private static ObjectNode groupList(Map<String, Map<String, List<ResourceType>>> groups) {
    ObjectNode list = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode listed = list.putArray("groups");
    groups.forEach(
        (group, versions) -> {
          if (!group.isEmpty()) {
            listed.add(group(group, versions.keySet(), false));
          }
        });
    return list;
  }

  private ObjectNode aggregated(Map<String, Map<String, List<ResourceType>>> groups) {
    ArrayNode aggregated = Json.array();
    groups.forEach(
        (group, versions) -> {
          if (!group.isEmpty()) {
            ObjectNode whole = AggregatedDiscovery.group(group, versions);
            services.all().forEach(remote -> AggregatedDiscovery.extend(whole, remote));
            aggregated.add(whole);
          }
        });
    return AggregatedDiscovery.list(aggregated);
  }

  /** Groups by preference, in them versions by preference, in them types by name. */
  private Map<String, Map<String, List<ResourceType>>> byGroup() {
    Map<String, Map<String, List<ResourceType>>> groups =
        new TreeMap<>(
            Comparator.comparingInt(GroupOrder::of).thenComparing(Comparator.naturalOrder()));
    List<ResourceType> types = new ArrayList<>(registry.resources());
    types.addAll(locals.types());
    for (ResourceType type : types) {
      groups
          .computeIfAbsent(type.group(), group -> new TreeMap<>(KubeVersions.PREFERRED_FIRST))
          .computeIfAbsent(type.version(), version -> new ArrayList<>())
          .add(type);
    }
    for (RemoteGroup remote : services.all()) {
      groups
          .computeIfAbsent(remote.group(), group -> new TreeMap<>(KubeVersions.PREFERRED_FIRST))
          .computeIfAbsent(remote.version(), version -> new ArrayList<>());
    }
    groups
        .values()
        .forEach(
            versions ->
                versions
                    .values()
                    .forEach(list -> list.sort(Comparator.comparing(ResourceType::plural))));
    return groups;
  }

  private ObjectNode versions(Collection<String> versions) {
    ObjectNode json = Json.object().put("kind", "APIVersions");
    versions.forEach(json.putArray("versions")::add);
    json.putArray("serverAddressByClientCIDRs")
        .addObject()
        .put("clientCIDR", "0.0.0.0/0")
        .put("serverAddress", address);
    return json;
  }

  private static ObjectNode group(String group, Collection<String> versions, boolean standalone) {
    ObjectNode json = Json.object();
    if (standalone) {
      json.put("kind", "APIGroup").put("apiVersion", "v1");
    }
    json.put("name", group);
    ArrayNode array = json.putArray("versions");
    for (String version : versions) {
      array.addObject().put("groupVersion", group + "/" + version).put("version", version);
    }
    json.set("preferredVersion", array.get(0).deepCopy());
    return json;
  }

  private static ObjectNode resourceList(String group, String version, List<ResourceType> types) {
    String groupVersion = group.isEmpty() ? version : group + "/" + version;
    ObjectNode json = Json.object().put("kind", "APIResourceList");
    if (!group.isEmpty()) {
      json.put("apiVersion", "v1");
    }
    json.put("groupVersion", groupVersion);
    ArrayNode resources = json.putArray("resources");
    for (ResourceType type : types) {
      ObjectNode resource =
          resources
              .addObject()
              .put("name", type.plural())
              .put("singularName", type.singular())
              .put("namespaced", type.namespaced())
              .put("kind", type.kind());
      verbs(resource, type.verbs());
      names(resource, "shortNames", type.shortNames());
      names(resource, "categories", type.categories());
      String hash = type.storageVersionHash();
      if (!hash.isEmpty()) {
        resource.put("storageVersionHash", hash);
      }
      for (ResourceType.Subresource subresource : new TreeMap<>(type.subresources()).values()) {
        ObjectNode each =
            resources
                .addObject()
                .put("name", type.plural() + "/" + subresource.name())
                .put("singularName", "")
                .put("namespaced", type.namespaced());
        if (!subresource.kind().apiVersion().equals(groupVersion)) {
          each.put("group", subresource.kind().group())
              .put("version", subresource.kind().version());
        }
        each.put("kind", subresource.kind().kind());
        verbs(each, subresource.verbs());
      }
    }
    return json;
  }

  static void verbs(ObjectNode resource, Collection<String> verbs) {
    verbs.forEach(resource.putArray("verbs")::add);
  }

  static void names(ObjectNode resource, String field, List<String> names) {
    if (!names.isEmpty()) {
      names.forEach(resource.putArray(field)::add);
    }
  }
}
