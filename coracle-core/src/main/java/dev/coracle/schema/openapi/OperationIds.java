package dev.coracle.schema.openapi;

/**
 * What operations are called and sorted by: generated clients have methods and classes of these
 * names.
 */
final class OperationIds {

  private OperationIds() {}

  static String of(ApiResource resource, String verb, String method, String part) {
    return of(resource, verb, method, part, resource.namespaced());
  }

  /** Such as {@code readCoreV1NamespacedPodStatus}: what generated clients call their methods. */
  static String of(
      ApiResource resource, String verb, String method, String part, boolean namespaced) {
    StringBuilder id = new StringBuilder();
    boolean collection = verb.equals("deleteCollection");
    id.append(collection ? "delete" : verb)
        .append(groupName(resource))
        .append(capital(resource.version()))
        .append(method)
        .append(collection ? "Collection" : "")
        .append(namespaced ? "Namespaced" : "")
        .append(resource.kind());
    return id.append(capital(part)).toString();
  }

  /** The group as names have it: {@code RbacAuthorization}. */
  private static String groupName(ApiResource resource) {
    if (resource.group().isEmpty()) {
      return "Core";
    }
    StringBuilder name = new StringBuilder();
    String group = resource.group();
    String plain = group.endsWith(".k8s.io") ? group.substring(0, group.length() - 7) : group;
    for (String part : plain.split("[.-]")) {
      name.append(capital(part));
    }
    return name.toString();
  }

  static String capital(String word) {
    return word.isEmpty() ? "" : Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  /** Such as {@code core_v1}. */
  static String tag(ApiResource resource) {
    return lower(groupName(resource)) + "_" + resource.version();
  }

  private static String lower(String word) {
    return Character.toLowerCase(word.charAt(0)) + word.substring(1);
  }
}
