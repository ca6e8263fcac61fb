package dev.coracle.schema.openapi;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A resource as OpenAPI documents describe it: what discovery says of it.
 *
 * @param group empty for the core group
 * @param plural as in paths
 * @param verbs as in discovery, such as {@code list}
 * @param customSchema of a custom resource; null for a built-in kind
 */
public record ApiResource(
    String group,
    String version,
    String kind,
    String plural,
    boolean namespaced,
    Set<String> verbs,
    List<Subresource> subresources,
    @Nullable Schema customSchema) {

  /**
   * A subresource.
   *
   * @param name such as {@code status}
   * @param kind of the bodies it takes and gives
   */
  public record Subresource(String name, GroupVersionKind kind, Set<String> verbs) {}

  GroupVersionKind gvk() {
    return new GroupVersionKind(group, version, kind);
  }

  /** The path of the group's version, such as {@code apis/apps/v1}. */
  String root() {
    return group.isEmpty() ? "api/" + version : "apis/" + group + "/" + version;
  }

  /** The name of its definition in OpenAPI documents. */
  String definition() {
    return definition(gvk());
  }

  private String definition(GroupVersionKind kind) {
    Schema schema = customSchema == null ? Schemas.builtIn().find(kind) : null;
    if (schema != null) {
      return schema.definition();
    }
    StringBuilder name = new StringBuilder();
    for (String part : group.split("\\.")) {
      name.insert(0, part + ".");
    }
    return name.append(version).append('.').append(kind.kind()).toString();
  }

  String listDefinition() {
    return definition(new GroupVersionKind(group, version, kind + "List"));
  }
}
