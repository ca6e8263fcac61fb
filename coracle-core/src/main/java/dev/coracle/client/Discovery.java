package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.StatusException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The resources that a server serves, as {@code /api} and {@code /apis} list them. A snapshot: read
 * it again when CRDs or API services change.
 */
public final class Discovery {

  /**
   * A resource in the version its group prefers.
   *
   * @param verbs as in discovery
   */
  public record Resource(
      GroupVersionResource resource, String kind, boolean namespaced, Set<String> verbs) {

    public boolean can(String... wanted) {
      return verbs.containsAll(Set.of(wanted));
    }
  }

  private final List<Resource> preferred;
  private final List<Resource> all;
  private final List<String> failed;

  private Discovery(List<Resource> preferred, List<Resource> all, List<String> failed) {
    this.preferred = List.copyOf(preferred);
    this.all = List.copyOf(all);
    this.failed = List.copyOf(failed);
  }

  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  /**
   * Asks the server: for its two aggregated documents (KEP-3352), and where it has none, for one
   * document after the other. A group version that cannot be read (its server is away) is left out.
   *
   * @throws StatusException when {@code /api} or {@code /apis} cannot be read
   */
  public static Discovery read(Transport transport) {
    Found found = new Found();
    JsonNode core = transport.read("/api", AGGREGATED + ",application/json");
    if (isAggregated(core)) {
      found.aggregated(core);
    } else {
      found.group("", texts(core.path("versions")), transport);
    }
    JsonNode groups = transport.read("/apis", AGGREGATED + ",application/json");
    if (isAggregated(groups)) {
      found.aggregated(groups);
    } else {
      for (JsonNode group : groups.path("groups")) {
        found.group(group.path("name").asText(), versions(group), transport);
      }
    }
    return new Discovery(found.preferred, found.all, found.failed);
  }

  private static boolean isAggregated(JsonNode document) {
    return document.path("kind").asText().equals("APIGroupDiscoveryList");
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  /** The preferred one first. */
  private static List<String> versions(JsonNode group) {
    List<String> versions = new ArrayList<>();
    versions.add(group.path("preferredVersion").path("version").asText());
    for (JsonNode version : group.path("versions")) {
      if (!versions.contains(version.path("version").asText())) {
        versions.add(version.path("version").asText());
      }
    }
    return versions;
  }

  /** What is put together. */
  private static final class Found {

    private final List<Resource> preferred = new ArrayList<>();
    private final List<Resource> all = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();

    void group(String group, List<String> versions, Transport transport) {
      Set<String> seen = new HashSet<>();
      for (String version : versions) {
        resources(transport, group, version, failed).forEach(resource -> add(resource, seen));
      }
    }

    void aggregated(JsonNode document) {
      for (JsonNode group : document.path("items")) {
        String name = group.path("metadata").path("name").asText();
        Set<String> seen = new HashSet<>();
        for (JsonNode each : group.path("versions")) {
          String version = each.path("version").asText();
          if (each.path("freshness").asText().equals("Stale")) {
            failed.add(groupVersion(name, version));
            continue;
          }
          for (JsonNode resource : each.path("resources")) {
            add(
                new Resource(
                    GroupVersionResource.of(name, version, resource.path("resource").asText()),
                    resource.path("responseKind").path("kind").asText(),
                    resource.path("scope").asText().equals("Namespaced"),
                    Set.copyOf(texts(resource.path("verbs")))),
                seen);
          }
        }
      }
    }

    private void add(Resource resource, Set<String> seen) {
      all.add(resource);
      if (seen.add(resource.resource().resource())) {
        preferred.add(resource);
      }
    }
  }

  private static String groupVersion(String group, String version) {
    return group.isEmpty() ? version : group + "/" + version;
  }

  private static List<Resource> resources(
      Transport transport, String group, String version, List<String> failed) {
    String groupVersion = groupVersion(group, version);
    JsonNode list;
    try {
      list = transport.read((group.isEmpty() ? "/api/" : "/apis/") + groupVersion);
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        failed.add(groupVersion);
      }
      return List.of();
    }
    List<Resource> resources = new ArrayList<>();
    for (JsonNode entry : list.path("resources")) {
      String name = entry.path("name").asText();
      if (name.indexOf('/') >= 0) {
        continue;
      }
      resources.add(
          new Resource(
              GroupVersionResource.of(group, version, name),
              entry.path("kind").asText(),
              entry.path("namespaced").asBoolean(),
              Set.copyOf(texts(entry.path("verbs")))));
    }
    return resources;
  }

  /** Each resource once, in the version that its group prefers among those that have it. */
  public List<Resource> preferred() {
    return preferred;
  }

  /** The group versions that are listed but could not be read: their server is away. */
  public List<String> failed() {
    return failed;
  }

  /** The resource that serves a kind in exactly this version, or null. */
  public @Nullable Resource find(GroupVersionKind kind) {
    for (Resource resource : all) {
      if (resource.kind().equals(kind.kind())
          && resource.resource().group().equals(kind.group())
          && resource.resource().version().equals(kind.version())) {
        return resource;
      }
    }
    return null;
  }
}
