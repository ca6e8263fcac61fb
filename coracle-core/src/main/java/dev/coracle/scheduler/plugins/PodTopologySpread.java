package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.scheduler.ClusterEvent;
import dev.coracle.scheduler.ClusterView;
import dev.coracle.scheduler.FilterPlugin;
import dev.coracle.scheduler.NodeInfo;
import dev.coracle.scheduler.PodInfo;
import dev.coracle.scheduler.ScorePlugin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Spreads Pods over the values of a node label. */
public final class PodTopologySpread implements FilterPlugin, ScorePlugin {

  private record Constraint(
      int maxSkew,
      String topologyKey,
      LabelSelector selector,
      int minDomains,
      boolean honorAffinity,
      boolean honorTaints) {}

  private final NodeAffinity affinity = new NodeAffinity();
  private final TaintToleration taints = new TaintToleration();

  @Override
  public String name() {
    return "PodTopologySpread";
  }

  private static List<Constraint> constraints(PodInfo pod, String whenUnsatisfiable) {
    List<Constraint> constraints = new ArrayList<>();
    for (JsonNode entry : pod.spec().path("topologySpreadConstraints")) {
      if (!entry.path("whenUnsatisfiable").asText().equals(whenUnsatisfiable)) {
        continue;
      }
      constraints.add(
          new Constraint(
              entry.path("maxSkew").asInt(1),
              entry.path("topologyKey").asText(),
              selector(pod.pod(), entry),
              entry.path("minDomains").asInt(1),
              !entry.path("nodeAffinityPolicy").asText().equals("Ignore"),
              entry.path("nodeTaintsPolicy").asText().equals("Honor")));
    }
    return constraints;
  }

  private static LabelSelector selector(KubeObject pod, JsonNode entry) {
    if (entry.path("matchLabelKeys").isEmpty()) {
      return LabelSelector.of(entry.path("labelSelector"));
    }
    ObjectNode merged =
        entry.path("labelSelector").isObject()
            ? entry.path("labelSelector").deepCopy()
            : Json.object();
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
    return LabelSelector.of(merged);
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    List<Constraint> constraints = constraints(pod, "DoNotSchedule");
    if (constraints.isEmpty()) {
      return null;
    }
    List<Map<String, Integer>> counts = new ArrayList<>();
    for (Constraint constraint : constraints) {
      counts.add(counts(pod, constraint, constraints, cluster));
    }
    return node -> {
      for (int i = 0; i < constraints.size(); i++) {
        Constraint constraint = constraints.get(i);
        String value = node.labels().get(constraint.topologyKey);
        if (value == null) {
          return Rejection.unresolvable(
              "node(s) didn't match pod topology spread constraints (missing required label)");
        }
        Map<String, Integer> domains = counts.get(i);
        int least =
            domains.size() < constraint.minDomains
                ? 0
                : domains.values().stream().mapToInt(n -> n).min().orElse(0);
        int self = constraint.selector.matches(pod.pod().labels()) ? 1 : 0;
        if (domains.getOrDefault(value, 0) + self - least > constraint.maxSkew) {
          return Rejection.resolvable("node(s) didn't match pod topology spread constraints");
        }
      }
      return null;
    };
  }

  /** How many matching Pods each domain has, among the nodes that count. */
  private Map<String, Integer> counts(
      PodInfo pod, Constraint constraint, List<Constraint> all, ClusterView cluster) {
    NodeFilter mayRun = affinity.prepare(pod, cluster);
    NodeFilter tolerated = taints.prepare(pod, cluster);
    Map<String, Integer> counts = new HashMap<>();
    for (NodeInfo node : cluster.nodes()) {
      String value = node.labels().get(constraint.topologyKey);
      if (value == null
          || all.stream().anyMatch(c -> !node.labels().containsKey(c.topologyKey))
          || (constraint.honorAffinity && mayRun != null && mayRun.reject(node) != null)
          || (constraint.honorTaints && tolerated.reject(node) != null)) {
        continue;
      }
      counts.merge(value, matching(pod, constraint, node), Integer::sum);
    }
    return counts;
  }

  private static int matching(PodInfo pod, Constraint constraint, NodeInfo node) {
    int count = 0;
    for (PodInfo other : node.pods()) {
      if (!other.pod().isDeleting()
          && other.pod().namespace().equals(pod.pod().namespace())
          && constraint.selector.matches(other.pod().labels())) {
        count++;
      }
    }
    return count;
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return switch (event) {
      case NODE_ADDED,
          NODE_LABELS,
          NODE_TAINTS,
          ASSIGNED_POD_ADDED,
          ASSIGNED_POD_LABELS,
          ASSIGNED_POD_DELETED,
          POD_CHANGED ->
          true;
      case NODE_ALLOCATABLE,
          CLAIM_CHANGED,
          VOLUME_CHANGED,
          STORAGE_CLASS_CHANGED,
          CSI_NODE_CHANGED,
          TIMEOUT ->
          false;
    };
  }

  @Override
  public int weight() {
    return 2;
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    List<Constraint> constraints = constraints(pod, "ScheduleAnyway");
    if (constraints.isEmpty()) {
      return null;
    }
    long[] crowd = new long[nodes.size()];
    for (Constraint constraint : constraints) {
      Map<String, Integer> counts = counts(pod, constraint, List.of(), cluster);
      double weight = Math.log(counts.size() + 2);
      for (int i = 0; i < crowd.length; i++) {
        String value = nodes.get(i).labels().get(constraint.topologyKey);
        if (value != null) {
          crowd[i] += Math.round(counts.getOrDefault(value, 0) * weight + (constraint.maxSkew - 1));
        }
      }
    }
    long[] scores = Scores.spread(crowd);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Scores.MAX - scores[i];
    }
    return scores;
  }
}
