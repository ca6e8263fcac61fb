package dev.coracle.scheduler;

import dev.coracle.scheduler.FilterPlugin.NodeFilter;
import dev.coracle.scheduler.FilterPlugin.Rejection;
import dev.coracle.scheduler.FilterPlugin.Unschedulable;
import dev.coracle.scheduler.plugins.BalancedAllocation;
import dev.coracle.scheduler.plugins.ImageLocality;
import dev.coracle.scheduler.plugins.InterPodAffinity;
import dev.coracle.scheduler.plugins.NodeAffinity;
import dev.coracle.scheduler.plugins.NodeName;
import dev.coracle.scheduler.plugins.NodePorts;
import dev.coracle.scheduler.plugins.NodeResourcesFit;
import dev.coracle.scheduler.plugins.NodeUnschedulable;
import dev.coracle.scheduler.plugins.NodeVolumeLimits;
import dev.coracle.scheduler.plugins.PodTopologySpread;
import dev.coracle.scheduler.plugins.TaintToleration;
import dev.coracle.scheduler.plugins.VolumeBinding;
import dev.coracle.scheduler.plugins.VolumeRestrictions;
import dev.coracle.scheduler.plugins.VolumeZone;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Chooses a node: filters, then scores. Pure but for the turn of the nodes it starts with. */
final class Algorithm {

  private static final int FEWEST_NODES = 100;
  private static final Set<String> OF_THE_NODE =
      Set.of("NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity");

  /** What a configuration may name: the plugins here, and those whose work others do. */
  static final Set<String> PLUGINS =
      Set.of(
          "SchedulingGates",
          "PrioritySort",
          "NodeUnschedulable",
          "NodeName",
          "TaintToleration",
          "NodeAffinity",
          "NodePorts",
          "NodeResourcesFit",
          "VolumeRestrictions",
          "NodeVolumeLimits",
          "VolumeBinding",
          "VolumeZone",
          "PodTopologySpread",
          "InterPodAffinity",
          "DefaultPreemption",
          "NodeResourcesBalancedAllocation",
          "ImageLocality",
          "DefaultBinder",
          "DynamicResources");

  /** A plugin's filter in one Pod's cycle. */
  private record Prepared(FilterPlugin plugin, NodeFilter filter) {}

  private final List<FilterPlugin> filters;
  private final List<ScorePlugin> scores;
  private final Map<String, Integer> weights;
  private final RandomGenerator random;
  private int start;

  private Algorithm(
      List<FilterPlugin> filters,
      List<ScorePlugin> scores,
      Map<String, Integer> weights,
      RandomGenerator random) {
    this.filters = List.copyOf(filters);
    this.scores = List.copyOf(scores);
    this.weights = weights;
    this.random = random;
  }

  /** What a profile leaves of the default one. */
  static Algorithm of(SchedulerConfiguration.Profile profile, RandomGenerator random) {
    Algorithm whole = standard(random);
    return new Algorithm(
        whole.filters.stream()
            .filter(plugin -> !profile.filtersOff().contains(plugin.name()))
            .toList(),
        whole.scores.stream()
            .filter(plugin -> !profile.scoresOff().contains(plugin.name()))
            .toList(),
        profile.weights(),
        random);
  }

  /** The default profile. */
  static Algorithm standard(RandomGenerator random) {
    NodeAffinity affinity = new NodeAffinity();
    TaintToleration taints = new TaintToleration();
    NodeResourcesFit fit = new NodeResourcesFit();
    PodTopologySpread spread = new PodTopologySpread();
    InterPodAffinity interPod = new InterPodAffinity();
    return new Algorithm(
        List.of(
            new NodeUnschedulable(),
            new NodeName(),
            taints,
            affinity,
            new NodePorts(),
            fit,
            new VolumeRestrictions(),
            new NodeVolumeLimits(),
            new VolumeBinding(),
            new VolumeZone(),
            spread,
            interPod),
        List.of(
            taints, affinity, fit, spread, interPod, new BalancedAllocation(), new ImageLocality()),
        Map.of(),
        random);
  }

  /**
   * Whether a node that has come or changed can take a Pod as far as the node itself goes: its
   * labels and taints, and whether it is cordoned. A change of a node that still keeps the Pod off
   * is no reason to try again (and to wait longer the next time).
   */
  boolean mayTake(PodInfo pod, NodeInfo node, ClusterView cluster) {
    for (FilterPlugin plugin : filters) {
      if (OF_THE_NODE.contains(plugin.name())) {
        try {
          NodeFilter filter = plugin.prepare(pod, cluster);
          if (filter != null && filter.reject(node) != null) {
            return false;
          }
        } catch (Unschedulable e) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether an event may help a Pod that these plugins rejected. */
  boolean helps(Set<String> rejectedBy, ClusterEvent event) {
    if (event == ClusterEvent.NODE_ADDED || rejectedBy.isEmpty()) {
      return true;
    }
    if ((event == ClusterEvent.NODE_TAINTS || event == ClusterEvent.NODE_LABELS)
        && rejectedBy.stream().anyMatch(OF_THE_NODE::contains)) {
      // the first of these that says no hides the others: any may be the last obstacle
      return true;
    }
    for (FilterPlugin filter : filters) {
      if (rejectedBy.contains(filter.name()) && filter.helps(event)) {
        return true;
      }
    }
    return false;
  }

  /**
   * @param seen a node as this Pod must see it (with Pods nominated to it)
   */
  Decision choose(
      PodInfo pod, ClusterView cluster, java.util.function.UnaryOperator<NodeInfo> seen) {
    Collection<NodeInfo> all = cluster.nodes();
    List<Prepared> prepared;
    try {
      prepared = prepare(pod, cluster);
    } catch (Rejected rejected) {
      return new Decision.None(
          all.size(), Map.of(), rejected.reason, Set.of(rejected.plugin), Map.of());
    }
    List<NodeInfo> nodes = all instanceof List<NodeInfo> list ? list : new ArrayList<>(all);
    int wanted = enough(nodes.size());
    List<NodeInfo> feasible = new ArrayList<>();
    Map<String, Rejection> rejections = new HashMap<>();
    Map<String, Integer> reasons = new HashMap<>();
    Set<String> rejectedBy = new HashSet<>();
    int looked = 0;
    for (; looked < nodes.size() && feasible.size() < wanted; looked++) {
      NodeInfo node = nodes.get((start + looked) % nodes.size());
      Rejection rejection = check(prepared, seen.apply(node), rejectedBy);
      if (rejection == null) {
        feasible.add(node);
      } else {
        rejections.put(node.name(), rejection);
        rejection.reasons().forEach(reason -> reasons.merge(reason, 1, Integer::sum));
      }
    }
    if (!nodes.isEmpty()) {
      start = (start + looked) % nodes.size();
    }
    return feasible.isEmpty()
        ? new Decision.None(nodes.size(), reasons, "", rejectedBy, rejections)
        : new Decision.Node(best(pod, feasible, cluster));
  }

  /** Whether a node takes a Pod. */
  boolean fits(PodInfo pod, NodeInfo node, ClusterView cluster) {
    try {
      return check(prepare(pod, cluster), node, new HashSet<>()) == null;
    } catch (Rejected rejected) {
      return false;
    }
  }

  private static final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;
    private final String plugin;
    private final String reason;

    Rejected(String plugin, String reason) {
      super(reason, null, false, false);
      this.plugin = plugin;
      this.reason = reason;
    }
  }

  private List<Prepared> prepare(PodInfo pod, ClusterView cluster) throws Rejected {
    List<Prepared> prepared = new ArrayList<>();
    for (FilterPlugin plugin : filters) {
      try {
        NodeFilter filter = plugin.prepare(pod, cluster);
        if (filter != null) {
          prepared.add(new Prepared(plugin, filter));
        }
      } catch (Unschedulable e) {
        throw new Rejected(plugin.name(), e.reason());
      }
    }
    return prepared;
  }

  private static @Nullable Rejection check(
      List<Prepared> filters, NodeInfo node, Set<String> rejectedBy) {
    for (Prepared prepared : filters) {
      Rejection rejection = prepared.filter.reject(node);
      if (rejection != null) {
        rejectedBy.add(prepared.plugin.name());
        return rejection;
      }
    }
    return null;
  }

  /** In a large cluster a part of the nodes is enough to choose from. */
  private static int enough(int nodes) {
    if (nodes < FEWEST_NODES) {
      return nodes;
    }
    int percent = Math.max(5, 50 - nodes / 125);
    return Math.max(FEWEST_NODES, nodes * percent / 100);
  }

  private NodeInfo best(PodInfo pod, List<NodeInfo> feasible, ClusterView cluster) {
    if (feasible.size() == 1) {
      return feasible.getFirst();
    }
    long[] totals = new long[feasible.size()];
    for (ScorePlugin plugin : scores) {
      long[] points = plugin.score(pod, feasible, cluster);
      int weight = weights.getOrDefault(plugin.name(), plugin.weight());
      if (points != null) {
        for (int i = 0; i < totals.length; i++) {
          totals[i] += points[i] * weight;
        }
      }
    }
    int best = 0;
    int ties = 1;
    for (int i = 1; i < totals.length; i++) {
      if (totals[i] > totals[best]) {
        best = i;
        ties = 1;
      } else if (totals[i] == totals[best] && random.nextInt(++ties) == 0) {
        best = i;
      }
    }
    return feasible.get(best);
  }
}
