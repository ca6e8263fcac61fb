package dev.coracle.controller.clusterroleaggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The decision: which rules an aggregated ClusterRole has. */
final class AggregatedRules {

  private AggregatedRules() {}

  static boolean isAggregated(KubeObject role) {
    return role.at("aggregationRule").isObject();
  }

  /**
   * The rules of all other roles that any selector matches, by their names, each rule once. Those
   * of one that is aggregated itself are what they will be, so that a chain of roles is written
   * once.
   */
  static ArrayNode of(KubeObject role, List<KubeObject> all) {
    return of(role, all, Set.of());
  }

  /**
   * @param asking the roles whose rules are being put together
   */
  private static ArrayNode of(KubeObject role, List<KubeObject> all, Set<String> asking) {
    Set<String> now = new HashSet<>(asking);
    now.add(role.name());
    List<LabelSelector> selectors = new ArrayList<>();
    for (JsonNode selector : role.at("aggregationRule").path("clusterRoleSelectors")) {
      selectors.add(LabelSelector.of(selector));
    }
    Set<JsonNode> seen = new HashSet<>();
    ArrayNode rules = Json.array();
    all.stream()
        .filter(other -> !now.contains(other.name()))
        .filter(other -> selectors.stream().anyMatch(selector -> selector.matches(other.labels())))
        .sorted(Comparator.comparing(KubeObject::name))
        .forEach(
            other -> {
              for (JsonNode rule : isAggregated(other) ? of(other, all, now) : other.at("rules")) {
                if (seen.add(rule)) {
                  rules.add(rule.deepCopy());
                }
              }
            });
    return rules;
  }
}
