package dev.coracle.controller.namespace;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What one pass of emptying a namespace left, and what went wrong. */
final class NamespaceContent {

  private final List<String> undiscovered;
  private final List<Remaining> remaining = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  /**
   * @param undiscovered group versions whose resources nobody could list
   */
  NamespaceContent(List<String> undiscovered) {
    this.undiscovered = List.copyOf(undiscovered);
  }

  void add(GroupVersionResource resource, List<KubeObject> objects) {
    if (!objects.isEmpty()) {
      remaining.add(Remaining.of(resource, objects));
    }
  }

  void addFailure(String message) {
    failures.add(message);
  }

  List<String> undiscovered() {
    return undiscovered;
  }

  List<Remaining> remaining() {
    return Collections.unmodifiableList(remaining);
  }

  List<String> failures() {
    return Collections.unmodifiableList(failures);
  }

  /** Whether the namespace may go. */
  boolean isEmpty() {
    return undiscovered.isEmpty() && remaining.isEmpty() && failures.isEmpty();
  }
}
