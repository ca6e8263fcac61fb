package dev.coracle.api;

/**
 * The name of a kind in one version of one API group, as {@code apiVersion} and {@code kind} spell
 * it.
 *
 * @param group the API group; empty for the core group
 * @param version such as {@code v1}
 * @param kind such as {@code Pod}
 */
public record GroupVersionKind(String group, String version, String kind) {

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
