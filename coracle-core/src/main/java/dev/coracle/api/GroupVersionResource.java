package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/**
 * The name of a resource in one version of one API group, as a request path spells it.
 *
 * @param group the API group; empty for the core group
 * @param version such as {@code v1}
 * @param resource the plural, such as {@code pods}
 */
public record GroupVersionResource(String group, String version, String resource) {

  // Written out, as in other keys of maps that every start needs: what a record has by itself is
  // linked when it is first used, from a dozen classes that the JVM makes for it.
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof GroupVersionResource that
            && resource.equals(that.resource)
            && group.equals(that.group)
            && version.equals(that.version));
  }

  @Override
  public int hashCode() {
    return (31 * resource.hashCode() + group.hashCode()) * 31 + version.hashCode();
  }

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
