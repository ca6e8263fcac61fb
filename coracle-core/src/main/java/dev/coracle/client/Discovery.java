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

  /**
   * Asks the server. A group version that cannot be read (its server is away) is left out.
   *
   * @throws StatusException when {@code /api} or {@code /apis} cannot be read
   */
  public static Discovery read(Transport transport) {
    List<Resource> preferred = new ArrayList<>();
    List<Resource> all = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    for (JsonNode version : transport.read("/api").path("versions")) {
      List<Resource> found = resources(transport, "", version.asText(), failed);
      preferred.addAll(found);
      all.addAll(found);
    }
    for (JsonNode group : transport.read("/apis").path("groups")) {
      String name = group.path("name").asText();
      Set<String> seen = new HashSet<>();
      List<String> versions = new ArrayList<>();
      versions.add(group.path("preferredVersion").path("version").asText());
      for (JsonNode version : group.path("versions")) {
        if (!versions.contains(version.path("version").asText())) {
          versions.add(version.path("version").asText());
        }
      }
      for (String version : versions) {
        for (Resource resource : resources(transport, name, version, failed)) {
          all.add(resource);
          if (seen.add(resource.resource().resource())) {
            preferred.add(resource);
          }
        }
      }
    }
    return new Discovery(preferred, all, failed);
  }

  private static List<Resource> resources(
      Transport transport, String group, String version, List<String> failed) {
    String groupVersion = group.isEmpty() ? version : group + "/" + version;
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
      Set<String> verbs = new HashSet<>();
      entry.path("verbs").forEach(verb -> verbs.add(verb.asText()));
      resources.add(
          new Resource(
              GroupVersionResource.of(group, version, name),
              entry.path("kind").asText(),
              entry.path("namespaced").asBoolean(),
              Set.copyOf(verbs)));
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
