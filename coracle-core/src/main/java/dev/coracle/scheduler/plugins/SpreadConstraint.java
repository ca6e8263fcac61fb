package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.LabelSelector;
import dev.coracle.scheduler.config.PluginArgs.DefaultConstraint;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import java.util.List;

/**
 * A topology spread constraint of a Pod.
 *
 * @param selector one instance for each namespace and requirements
 * @param honorAffinity whether only nodes count that the Pod's node affinity matches
 * @param honorTaints whether only nodes count whose taints the Pod tolerates
 */
record SpreadConstraint(
    int maxSkew,
    String topologyKey,
    LabelSelector selector,
    int minDomains,
    boolean honorAffinity,
    boolean honorTaints) {

  static SpreadConstraint of(JsonNode entry, LabelSelector selector) {
    return new SpreadConstraint(
        entry.path("maxSkew").asInt(1),
        entry.path("topologyKey").asText(),
        selector,
        entry.path("minDomains").asInt(1),
        !entry.path("nodeAffinityPolicy").asText().equals("Ignore"),
        entry.path("nodeTaintsPolicy").asText().equals("Honor"));
  }

  static SpreadConstraint of(DefaultConstraint constraint, LabelSelector kin) {
    return new SpreadConstraint(
        constraint.maxSkew(),
        constraint.topologyKey(),
        kin,
        constraint.minDomains(),
        constraint.honorAffinity(),
        constraint.honorTaints());
  }

  /** The selector of an entry, with what its {@code matchLabelKeys} add from the Pod's labels. */
  static JsonNode selector(PodInfo pod, JsonNode entry) {
    JsonNode said = entry.path("labelSelector");
    if (entry.path("matchLabelKeys").isEmpty()) {
      return said;
    }
    ObjectNode merged = said.isObject() ? said.deepCopy() : Json.object();
    ArrayNode expressions = merged.withArray("/matchExpressions");
    for (JsonNode key : entry.path("matchLabelKeys")) {
      String value = pod.labels().get(key.asText());
      if (value != null) {
        expressions
            .addObject()
            .put("key", key.asText())
            .put("operator", "In")
            .putArray("values")
            .add(value);
      }
    }
    return merged;
  }

  /** Whether a node has the labels of all constraints. */
  static boolean labelled(NodeInfo node, List<SpreadConstraint> constraints) {
    for (SpreadConstraint constraint : constraints) {
      if (!node.labels().containsKey(constraint.topologyKey)) {
        return false;
      }
    }
    return true;
  }
}
