package dev.coracle.controller.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.controller.Conditions;
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
   * Writes how far the deletion is.
   *
   * @return whether the conditions changed
   */
  static boolean tell(
      ArrayNode conditions, List<Remaining> remaining, List<String> failures, String now) {
    JsonNode before = conditions.deepCopy();
    set(
        conditions,
        "NamespaceDeletionDiscoveryFailure",
        false,
        "ResourcesDiscovered",
        "All resources successfully discovered",
        now);
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
