package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/**
 * The name of a kind in one version of one API group, as {@code apiVersion} and {@code kind} spell
 * it.
 *
 * @param group the API group; empty for the core group
 * @param version such as {@code v1}
 * @param kind such as {@code Pod}
 */
public record GroupVersionKind(String group, String version, String kind) {

  // Written out, as that of GroupVersionResource is.
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof GroupVersionKind that
            && kind.equals(that.kind)
            && group.equals(that.group)
            && version.equals(that.version));
  }

  @Override
  public int hashCode() {
    return (31 * kind.hashCode() + group.hashCode()) * 31 + version.hashCode();
  }

  /** Reads an {@code apiVersion} such as {@code v1} or {@code apps/v1} together with a kind. */
  public static GroupVersionKind of(String apiVersion, String kind) {
    int slash = apiVersion.indexOf('/');
    return slash < 0
        ? new GroupVersionKind("", apiVersion, kind)
        : new GroupVersionKind(
            apiVersion.substring(0, slash), apiVersion.substring(slash + 1), kind);
  }

  /** {@code group/version}, or only the version in the core group. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }
}
