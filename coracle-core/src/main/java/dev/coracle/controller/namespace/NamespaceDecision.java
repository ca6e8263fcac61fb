package dev.coracle.controller.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.client.Discovery;
import dev.coracle.controller.Conditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a namespace's deletion writes, in kube-controller-manager's words. */
final class NamespaceDecision {

  private NamespaceDecision() {}

  static void withoutFinalizer(ObjectNode namespace, String finalizer) {
    ArrayNode finalizers = namespace.withObject("/spec").withArray("/finalizers");
    for (int i = finalizers.size() - 1; i >= 0; i--) {
      if (finalizers.get(i).asText().equals(finalizer)) {
        finalizers.remove(i);
      }
    }
  }

  /**
   * What can be deleted, in the order in which it is: the next list only when nothing is left of
   * those before.
   */
  static List<List<Discovery.Resource>> stages(List<Discovery.Resource> served) {
    List<Discovery.Resource> pods = new ArrayList<>();
    List<Discovery.Resource> others = new ArrayList<>();
    for (Discovery.Resource resource : served) {
      if (resource.namespaced() && resource.can("list", "delete")) {
        (resource.resource().qualified().equals("pods") ? pods : others).add(resource);
      }
    }
    return List.of(pods, others);
  }

  /**
   * Writes how far the deletion is.
   *
   * @return whether the conditions changed
   */
  static boolean tell(ArrayNode conditions, NamespaceContent left, String now) {
    JsonNode before = conditions.deepCopy();
    List<String> failures = left.failures().stream().sorted().toList();
    List<Remaining> remaining = left.remaining();
    tellDiscovery(conditions, left.undiscovered(), now);
    set(
        conditions,
        "NamespaceDeletionGroupVersionParsingFailure",
        false,
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
        now);
    if (failures.isEmpty()) {
      set(
          conditions,
          "NamespaceDeletionContentFailure",
          false,
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
          now);
    } else {
      set(
          conditions,
          "NamespaceDeletionContentFailure",
          true,
          "ContentDeletionFailed",
          "Failed to delete all resource types, "
              + failures.size()
              + " remaining: "
              + String.join(", ", failures),
          now);
    }
    tellContent(conditions, remaining, now);
    tellFinalizers(conditions, remaining, now);
    return !before.equals(conditions);
  }

  private static void tellDiscovery(ArrayNode conditions, List<String> failed, String now) {
    if (failed.isEmpty()) {
      set(
          conditions,
          "NamespaceDeletionDiscoveryFailure",
          false,
          "ResourcesDiscovered",
          "All resources successfully discovered",
          now);
      return;
    }
    List<String> parts =
        failed.stream()
            .sorted()
            .map(version -> version + ": stale GroupVersion discovery: " + version)
            .toList();
    set(
        conditions,
        "NamespaceDeletionDiscoveryFailure",
        true,
        "DiscoveryFailed",
        "Discovery failed for some groups, "
            + failed.size()
            + " failing: unable to retrieve the complete list of server APIs: "
            + String.join(", ", parts),
        now);
  }

  private static void tellContent(ArrayNode conditions, List<Remaining> remaining, String now) {
    if (remaining.isEmpty()) {
      set(
          conditions,
          "NamespaceContentRemaining",
          false,
          "ContentRemoved",
          "All content successfully removed",
          now);
      return;
    }
    List<String> parts =
        remaining.stream()
            .map(left -> left.resource() + " has " + left.count() + " resource instances")
            .sorted()
            .toList();
    set(
        conditions,
        "NamespaceContentRemaining",
        true,
        "SomeResourcesRemain",
        "Some resources are remaining: " + String.join(", ", parts),
        now);
  }

  private static void tellFinalizers(ArrayNode conditions, List<Remaining> remaining, String now) {
    Map<String, Integer> finalizers = new TreeMap<>();
    remaining.forEach(
        left -> left.finalizers().forEach((name, n) -> finalizers.merge(name, n, Integer::sum)));
    if (finalizers.isEmpty()) {
      set(
          conditions,
          "NamespaceFinalizersRemaining",
          false,
          "ContentHasNoFinalizers",
          "All content-preserving finalizers finished",
          now);
      return;
    }
    List<String> parts =
        finalizers.entrySet().stream()
            .map(entry -> entry.getKey() + " in " + entry.getValue() + " resource instances")
            .toList();
    set(
        conditions,
        "NamespaceFinalizersRemaining",
        true,
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: " + String.join(", ", parts),
        now);
  }

  private static void set(
      ArrayNode conditions,
      String type,
      boolean status,
      String reason,
      String message,
      String now) {
    Conditions.set(conditions, type, status ? "True" : "False", reason, message, now);
  }
}
