package dev.coracle.registry;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.registry.resource.Strategy;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A resource as data: one row of the built-in table or one version of a CRD. What differs in
 * behaviour is in its {@link Strategy}, found by the registry.
 *
 * @param group empty for the core group
 * @param version the version that this row serves
 * @param storageVersion the version in which objects are stored
 * @param plural as in paths
 * @param singular as in discovery
 * @param kind as in objects
 * @param listKind usually the kind and {@code List}
 * @param namespaced whether objects live in a namespace
 * @param shortNames as in discovery
 * @param categories as in discovery, such as {@code all}
 * @param verbs as in discovery
 * @param subresources by name, such as {@code status}
 * @param selectableFields the paths that field selectors may name besides metadata.name and
 *     metadata.namespace
 * @param custom whether it comes from a CRD
 * @param deprecation the warning that every request gets; empty for none
 */
public record ResourceType(
    String group,
    String version,
    String storageVersion,
    String plural,
    String singular,
    String kind,
    String listKind,
    boolean namespaced,
    List<String> shortNames,
    List<String> categories,
    Set<String> verbs,
    Map<String, Subresource> subresources,
    List<String> selectableFields,
    boolean custom,
    String deprecation) {

  /**
   * A subresource.
   *
   * @param name such as {@code status} or {@code scale}
   * @param kind of the bodies it takes and gives, such as {@code autoscaling/v1 Scale}
   * @param verbs as in discovery
   */
  public record Subresource(String name, GroupVersionKind kind, Set<String> verbs) {}

  /** A kind that is only a body, such as that of a subresource: it has no path of its own. */
  public static ResourceType ofBody(GroupVersionKind kind) {
    return new ResourceType(
        kind.group(),
        kind.version(),
        kind.version(),
        "",
        "",
        kind.kind(),
        "",
        true,
        List.of(),
        List.of(),
        Set.of(),
        Map.of(),
        List.of(),
        false,
        "");
  }

  /** The same resource in another version, of which nothing else is known. */
  public ResourceType inVersion(String other) {
    return other.equals(version)
        ? this
        : new ResourceType(
            group,
            other,
            storageVersion,
            plural,
            singular,
            kind,
            listKind,
            namespaced,
            shortNames,
            categories,
            verbs,
            subresources,
            List.of(),
            custom,
            "");
  }

  public GroupVersionResource gvr() {
    return new GroupVersionResource(group, version, plural);
  }

  public GroupVersionKind gvk() {
    return new GroupVersionKind(group, version, kind);
  }

  /** The group in which objects are stored: that of the core group for both groups' Events. */
  public String storageGroup() {
    return group.equals("events.k8s.io") ? "" : group;
  }

  /** Where its objects are in the store: {@code /registry/core/pods/}. */
  public String storePrefix() {
    String stored = storageGroup();
    return "/registry/" + (stored.isEmpty() ? "core" : stored) + "/" + plural + "/";
  }

  public boolean has(String verb) {
    return verbs.contains(verb);
  }

  /** The version that a v1.36 kube-apiserver stores, which its hashes are made of. */
  private String hashedVersion() {
    return switch (plural) {
      case "customresourcedefinitions",
          "mutatingadmissionpolicies",
          "mutatingadmissionpolicybindings" ->
          custom ? storageVersion : "v1beta1";
      default -> storageVersion;
    };
  }

  /**
   * Discovery's {@code storageVersionHash}: of the group, version and kind that are stored; empty
   * for resources that aren't stored.
   */
  public String storageVersionHash() {
    if (!verbs.contains("watch")) {
      return "";
    }
    try {
      byte[] digest =
          java.security.MessageDigest.getInstance("SHA-256")
              .digest(
                  (storageGroup() + "/" + hashedVersion() + "/" + kind)
                      .getBytes(java.nio.charset.StandardCharsets.UTF_8));
      return java.util.Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(digest, 8));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
