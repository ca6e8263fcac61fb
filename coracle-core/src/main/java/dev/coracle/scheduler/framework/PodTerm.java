package dev.coracle.scheduler.framework;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A term of Pod affinity or anti-affinity: which Pods, and near in which sense.
 *
 * @param namespaces by name
 * @param namespaceSelector by label; null when there is none
 * @param weight 0 for a required term, below 0 for one to be far from
 */
public record PodTerm(
    LabelSelector selector,
    Set<String> namespaces,
    @Nullable LabelSelector namespaceSelector,
    String topologyKey,
    int weight) {

  static List<PodTerm> required(KubeObject pod, String kind) {
    List<PodTerm> terms = new ArrayList<>();
    for (JsonNode term :
        pod.at("spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution")) {
      terms.add(of(pod, term, 0));
    }
    return List.copyOf(terms);
  }

  /** The terms that only score: those of anti-affinity with weights below 0. */
  static List<PodTerm> preferred(KubeObject pod) {
    List<PodTerm> terms = new ArrayList<>();
    preferred(pod, "podAffinity", 1, terms);
    preferred(pod, "podAntiAffinity", -1, terms);
    return List.copyOf(terms);
  }

  private static void preferred(KubeObject pod, String kind, int sign, List<PodTerm> terms) {
    for (JsonNode term :
        pod.at("spec", "affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution")) {
      terms.add(of(pod, term.path("podAffinityTerm"), sign * term.path("weight").asInt()));
    }
  }

  private static PodTerm of(KubeObject pod, JsonNode term, int weight) {
    Set<String> namespaces = new HashSet<>();
    term.path("namespaces").forEach(namespace -> namespaces.add(namespace.asText()));
    JsonNode selector = term.path("namespaceSelector");
    if (namespaces.isEmpty() && !selector.isObject()) {
      namespaces.add(pod.namespace());
    }
    return new PodTerm(
        LabelSelector.of(withMatchLabelKeys(pod, term)),
        namespaces,
        selector.isObject() ? LabelSelector.of(selector) : null,
        term.path("topologyKey").asText(),
        weight);
  }

  private static JsonNode withMatchLabelKeys(KubeObject pod, JsonNode term) {
    JsonNode selector = term.path("labelSelector");
    if (term.path("matchLabelKeys").isEmpty() && term.path("mismatchLabelKeys").isEmpty()) {
      return selector;
    }
    ObjectNode merged = selector.isObject() ? selector.deepCopy() : Json.object();
    ArrayNode expressions = merged.withArray("/matchExpressions");
    add(expressions, pod, term.path("matchLabelKeys"), "In");
    add(expressions, pod, term.path("mismatchLabelKeys"), "NotIn");
    return merged;
  }

  private static void add(ArrayNode expressions, KubeObject pod, JsonNode keys, String operator) {
    for (JsonNode key : keys) {
      String value = pod.labels().get(key.asText());
      if (value != null) {
        expressions
            .addObject()
            .put("key", key.asText())
            .put("operator", operator)
            .putArray("values")
            .add(value);
      }
    }
  }

  /**
   * @param namespaceLabels the labels of a namespace by its name
   */
  public boolean matches(Likeness pod, Function<String, Map<String, String>> namespaceLabels) {
    if (!namespaces.contains(pod.namespace())
        && (namespaceSelector == null
            || !namespaceSelector.matches(namespaceLabels.apply(pod.namespace())))) {
      return false;
    }
    return selector.matches(pod.labels());
  }
}
