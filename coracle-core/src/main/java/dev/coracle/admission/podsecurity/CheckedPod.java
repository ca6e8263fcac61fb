package dev.coracle.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A Pod, or its template, under the controls of one version of the standards: what they ask it, how
 * they speak of it, and what they found.
 */
final class CheckedPod {

  private final int minor;
  private final JsonNode spec;
  private final JsonNode annotations;
  private final List<JsonNode> containers = new ArrayList<>();
  private final List<Violation> violations = new ArrayList<>();

  CheckedPod(JsonNode pod, int minor) {
    this.minor = minor;
    this.spec = pod.path("spec");
    this.annotations = pod.path("metadata").path("annotations");
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      spec.path(list).forEach(containers::add);
    }
  }

  /** Whether the standards are those of a minor version or of a later one. */
  boolean since(int version) {
    return minor >= version;
  }

  boolean isWindows() {
    return since(25) && spec.path("os").path("name").asText("").equals("windows");
  }

  JsonNode spec() {
    return spec;
  }

  JsonNode annotations() {
    return annotations;
  }

  /** The Pod's own securityContext. */
  JsonNode context() {
    return spec.path("securityContext");
  }

  /** Of all three lists. */
  List<JsonNode> containers() {
    return containers;
  }

  static JsonNode context(JsonNode container) {
    return container.path("securityContext");
  }

  /** The names of the containers that are so. */
  List<String> names(Predicate<JsonNode> which) {
    return containers.stream()
        .filter(which)
        .map(container -> container.path("name").asText())
        .toList();
  }

  /** The securityContexts that are so: the Pod's and its containers'. */
  List<JsonNode> contexts(Predicate<JsonNode> which) {
    List<JsonNode> contexts = new ArrayList<>();
    if (which.test(context())) {
      contexts.add(context());
    }
    containers.stream().map(CheckedPod::context).filter(which).forEach(contexts::add);
    return contexts;
  }

  /** Whose securityContexts are so, such as {@code pod and container "a"}; empty for nobody's. */
  String whose(Predicate<JsonNode> which) {
    List<String> who = new ArrayList<>();
    if (which.test(context())) {
      who.add("pod");
    }
    List<String> names = names(container -> which.test(context(container)));
    if (!names.isEmpty()) {
      who.add(named("container", names));
    }
    return String.join(" and ", who);
  }

  void add(String reason, String detail) {
    violations.add(new Violation(reason, detail));
  }

  /** A violation where there are containers that are so. */
  void addContainers(Predicate<JsonNode> which, String reason, String must) {
    List<String> names = names(which);
    if (!names.isEmpty()) {
      add(reason, named("container", names) + " " + must);
    }
  }

  /** What was found, in the order of the controls. */
  List<Violation> violations() {
    return violations;
  }

  static String quoted(Iterable<String> names) {
    List<String> quoted = new ArrayList<>();
    names.forEach(name -> quoted.add('"' + name + '"'));
    return String.join(", ", quoted);
  }

  /** Such as {@code containers "a", "b"}. */
  static String named(String what, List<String> names) {
    return what + (names.size() == 1 ? " " : "s ") + quoted(names);
  }
}
