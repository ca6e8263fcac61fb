package dev.coracle.registry.custom;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.KubeVersions;
import dev.coracle.registry.Meta;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.subresource.Scales;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a CRD says of a resource, in one of its versions: names, verbs, subresources, warnings. */
final class CustomTypes {

  private static final Set<String> VERBS =
      new LinkedHashSet<>(
          List.of(
              "delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"));

  private CustomTypes() {}

  /**
   * @param definition a CRD
   * @param version one of its {@code spec.versions}
   */
  static ResourceType of(KubeObject definition, JsonNode version) {
    JsonNode spec = definition.tree().path("spec");
    JsonNode accepted = definition.tree().path("status").path("acceptedNames");
    JsonNode names = accepted.path("plural").asText("").isEmpty() ? spec.path("names") : accepted;
    String group = Meta.text(spec, "group");
    String storage = "";
    for (JsonNode other : spec.path("versions")) {
      if (other.path("storage").asBoolean(false)) {
        storage = Meta.text(other, "name");
      }
    }
    String kind = Meta.text(names, "kind");
    GroupVersionKind gvk = new GroupVersionKind(group, Meta.text(version, "name"), kind);
    Set<String> verbs = new LinkedHashSet<>(VERBS);
    if (definition.isDeleting()) {
      verbs.remove("create");
    }
    List<String> selectable = new ArrayList<>();
    for (JsonNode field : version.path("selectableFields")) {
      String path = Meta.text(field, "jsonPath");
      selectable.add(path.startsWith(".") ? path.substring(1) : path);
    }
    return new ResourceType(
        group,
        gvk.version(),
        storage,
        Meta.text(names, "plural"),
        Meta.text(names, "singular"),
        kind,
        Meta.text(names, "listKind").isEmpty() ? kind + "List" : Meta.text(names, "listKind"),
        Meta.text(spec, "scope").equals("Namespaced"),
        Meta.strings(names.path("shortNames")),
        Meta.strings(names.path("categories")),
        verbs,
        subresources(gvk, version.path("subresources")),
        selectable,
        true,
        version.path("deprecated").asBoolean(false) ? deprecation(spec, version) : "");
  }

  private static String deprecation(JsonNode spec, JsonNode version) {
    String own = Meta.text(version, "deprecationWarning");
    if (!own.isEmpty()) {
      return own;
    }
    String group = Meta.text(spec, "group");
    String kind = Meta.text(spec.path("names"), "kind");
    String name = Meta.text(version, "name");
    String better = name;
    for (JsonNode other : spec.path("versions")) {
      boolean good =
          other.path("served").asBoolean(false) && !other.path("deprecated").asBoolean(false);
      if (good && KubeVersions.PREFERRED_FIRST.compare(Meta.text(other, "name"), better) < 0) {
        better = Meta.text(other, "name");
      }
    }
    return group
        + "/"
        + name
        + " "
        + kind
        + " is deprecated"
        + (better.equals(name) ? "" : "; use " + group + "/" + better + " " + kind);
  }

  private static Map<String, ResourceType.Subresource> subresources(
      GroupVersionKind gvk, JsonNode asked) {
    Map<String, ResourceType.Subresource> found = new LinkedHashMap<>();
    Set<String> verbs = new LinkedHashSet<>(List.of("get", "patch", "update"));
    if (asked.has("status")) {
      found.put("status", new ResourceType.Subresource("status", gvk, verbs));
    }
    if (asked.path("scale").isObject()) {
      found.put("scale", new ResourceType.Subresource("scale", Scales.KIND, verbs));
    }
    return found;
  }
}
