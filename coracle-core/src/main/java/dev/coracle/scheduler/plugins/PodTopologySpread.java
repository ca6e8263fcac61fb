package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.LabelSelector;
import dev.coracle.scheduler.config.PluginArgs;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spreads Pods over the values of node labels: as they say, or, for those that say nothing and
 * belong to a Service or a set, as the profile says.
 */
public final class PodTopologySpread implements FilterPlugin, ScorePlugin {

  static final String HOSTNAME = "kubernetes.io/hostname";
  private static final String MISMATCH = "node(s) didn't match pod topology spread constraints";

  private static final int REMEMBERED = 1024;

  /** A selector as Pods have it. */
  private record Said(String namespace, JsonNode selector) {}

  private final Map<Said, LabelSelector> selectors =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Said, LabelSelector> eldest) {
          return size() > REMEMBERED;
        }
      };
  private final PluginArgs.Spread defaults;
  private final TaintToleration taints = new TaintToleration();

  public PodTopologySpread(PluginArgs.Spread defaults) {
    this.defaults = defaults;
  }

  @Override
  public String name() {
    return "PodTopologySpread";
  }

  /** The same instance for the Pods of one template: nodes remember what they counted by it. */
  private LabelSelector selector(PodInfo pod, JsonNode entry) {
    return selectors.computeIfAbsent(
        new Said(pod.namespace(), SpreadConstraint.selector(pod, entry)),
        said -> LabelSelector.of(said.selector()));
  }

  private List<SpreadConstraint> constraints(
      PodInfo pod, String whenUnsatisfiable, ClusterView cluster) {
    List<SpreadConstraint> constraints = new ArrayList<>();
    JsonNode own = pod.spec().path("topologySpreadConstraints");
    for (JsonNode entry : own) {
      if (entry.path("whenUnsatisfiable").asText().equals(whenUnsatisfiable)) {
        constraints.add(SpreadConstraint.of(entry, selector(pod, entry)));
      }
    }
    if (!own.isEmpty()) {
      return constraints;
    }
    LabelSelector kin = null;
    for (PluginArgs.DefaultConstraint constraint : defaults.constraints()) {
      if (constraint.whenUnsatisfiable().equals(whenUnsatisfiable)) {
        kin = kin == null ? cluster.kin(pod) : kin;
        if (kin.isEverything()) {
          return List.of();
        }
        constraints.add(SpreadConstraint.of(constraint, kin));
      }
    }
    return constraints;
  }

  /** Which nodes count for the constraints of a Pod. */
  private final class Policies {
    private final @Nullable NodeFilter affinity;
    private final NodeFilter tolerated;

    Policies(PodInfo pod, ClusterView cluster) {
      affinity = NodeAffinity.ofPod(pod);
      tolerated = taints.prepare(pod, cluster);
    }

    boolean count(SpreadConstraint constraint, NodeInfo node) {
      if (constraint.honorAffinity() && affinity != null && affinity.reject(node) != null) {
        return false;
      }
      return !constraint.honorTaints() || tolerated.reject(node) == null;
    }
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    List<SpreadConstraint> constraints = constraints(pod, "DoNotSchedule", cluster);
    if (constraints.isEmpty()) {
      return null;
    }
    Policies policies = new Policies(pod, cluster);
    List<Map<String, Integer>> counts = new ArrayList<>();
    constraints.forEach(constraint -> counts.add(new HashMap<>()));
    for (NodeInfo node : cluster.nodes()) {
      if (!SpreadConstraint.labelled(node, constraints)) {
        continue;
      }
      for (int i = 0; i < constraints.size(); i++) {
        SpreadConstraint constraint = constraints.get(i);
        if (policies.count(constraint, node)) {
          String value = node.labels().get(constraint.topologyKey());
          counts
              .get(i)
              .merge(value, node.count(pod.namespace(), constraint.selector()), Integer::sum);
        }
      }
    }
    int[] room = new int[constraints.size()];
    for (int i = 0; i < room.length; i++) {
      room[i] = room(pod, constraints.get(i), counts.get(i));
    }
    return node -> check(node, constraints, counts, room);
  }

  /** How many matching Pods a domain may have before this one goes there. */
  private static int room(PodInfo pod, SpreadConstraint constraint, Map<String, Integer> domains) {
    int least = Integer.MAX_VALUE;
    for (int count : domains.values()) {
      least = Math.min(least, count);
    }
    if (domains.size() < constraint.minDomains()) {
      least = 0;
    }
    int self = constraint.selector().matches(pod.labels()) ? 1 : 0;
    return constraint.maxSkew() + least - self;
  }

  private static @Nullable Rejection check(
      NodeInfo node,
      List<SpreadConstraint> constraints,
      List<Map<String, Integer>> counts,
      int[] room) {
    for (int i = 0; i < room.length; i++) {
      String value = node.labels().get(constraints.get(i).topologyKey());
      if (value == null) {
        return Rejection.unresolvable(MISMATCH + " (missing required label)");
      }
      if (counts.get(i).getOrDefault(value, 0) > room[i]) {
        return Rejection.resolvable(MISMATCH);
      }
    }
    return null;
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
          ASSIGNED_POD_SCALED_DOWN,
          CLAIM_CHANGED,
          VOLUME_CHANGED,
          STORAGE_CLASS_CHANGED,
          CSI_NODE_CHANGED,
          TIMEOUT ->
          false;
    };
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    List<SpreadConstraint> constraints = constraints(pod, "ScheduleAnyway", cluster);
    if (constraints.isEmpty()) {
      return null;
    }
    boolean all = !defaults.system() || !pod.spec().path("topologySpreadConstraints").isEmpty();
    boolean[] ignored = new boolean[nodes.size()];
    int counting = 0;
    for (int i = 0; i < ignored.length; i++) {
      ignored[i] = all && !SpreadConstraint.labelled(nodes.get(i), constraints);
      counting += ignored[i] ? 0 : 1;
    }
    double[] crowd = new double[nodes.size()];
    Policies policies = new Policies(pod, cluster);
    for (SpreadConstraint constraint : constraints) {
      if (constraint.topologyKey().equals(HOSTNAME)) {
        addHosts(constraint, pod, nodes, ignored, crowd, Math.log(counting + 2.0));
        continue;
      }
      Map<String, Integer> domains = new HashMap<>();
      for (int i = 0; i < crowd.length; i++) {
        if (!ignored[i]) {
          domains.put(nodes.get(i).labels().getOrDefault(constraint.topologyKey(), ""), 0);
        }
      }
      for (NodeInfo node : cluster.nodes()) {
        if (node.pods().isEmpty()) {
          continue;
        }
        String value = node.labels().getOrDefault(constraint.topologyKey(), "");
        if (domains.containsKey(value)
            && (!all || SpreadConstraint.labelled(node, constraints))
            && policies.count(constraint, node)) {
          domains.merge(value, node.count(pod.namespace(), constraint.selector()), Integer::sum);
        }
      }
      addDomains(constraint, domains, nodes, ignored, crowd);
    }
    return scores(crowd, ignored);
  }

  private static void addHosts(
      SpreadConstraint constraint,
      PodInfo pod,
      List<NodeInfo> nodes,
      boolean[] ignored,
      double[] crowd,
      double weight) {
    for (int i = 0; i < crowd.length; i++) {
      NodeInfo node = nodes.get(i);
      if (!ignored[i] && node.labels().containsKey(HOSTNAME)) {
        int count = node.count(pod.namespace(), constraint.selector());
        crowd[i] += crowd(constraint, count, weight);
      }
    }
  }

  private static void addDomains(
      SpreadConstraint constraint,
      Map<String, Integer> domains,
      List<NodeInfo> nodes,
      boolean[] ignored,
      double[] crowd) {
    double weight = Math.log(domains.size() + 2.0);
    for (int i = 0; i < crowd.length; i++) {
      String value = nodes.get(i).labels().get(constraint.topologyKey());
      if (!ignored[i] && value != null) {
        crowd[i] += crowd(constraint, domains.getOrDefault(value, 0), weight);
      }
    }
  }

  private static double crowd(SpreadConstraint constraint, int count, double weight) {
    return count * weight + (constraint.maxSkew() - 1);
  }

  /** The more crowded, the fewer points; 0 for nodes that do not count. */
  private static long[] scores(double[] crowd, boolean[] ignored) {
    long[] scores = new long[crowd.length];
    long least = Long.MAX_VALUE;
    long most = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.round(crowd[i]);
      if (!ignored[i]) {
        least = Math.min(least, scores[i]);
        most = Math.max(most, scores[i]);
      }
    }
    for (int i = 0; i < scores.length; i++) {
      if (ignored[i]) {
        scores[i] = 0;
      } else {
        scores[i] = most == 0 ? Scores.MAX : Scores.MAX * (most + least - scores[i]) / most;
      }
    }
    return scores;
  }
}
