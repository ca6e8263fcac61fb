package dev.coracle.api;

/**
 * The name of a resource in one version of one API group, as a request path spells it.
 *
 * @param group the API group; empty for the core group
 * @param version such as {@code v1}
 * @param resource the plural, such as {@code pods}
 */
public record GroupVersionResource(String group, String version, String resource) {

  public static GroupVersionResource core(String resource) {
    return new GroupVersionResource("", "v1", resource);
  }

  public static GroupVersionResource of(String group, String version, String resource) {
    return new GroupVersionResource(group, version, resource);
  }

  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** {@code resource.group}, or only the resource in the core group, as error messages name it. */
  public String qualified() {
    return group.isEmpty() ? resource : resource + "." + group;
  }
}
