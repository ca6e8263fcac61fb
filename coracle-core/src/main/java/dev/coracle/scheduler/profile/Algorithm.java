package dev.coracle.scheduler.profile;

import dev.coracle.scheduler.config.SchedulerConfiguration;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.FilterPlugin.NodeFilter;
import dev.coracle.scheduler.framework.FilterPlugin.Rejection;
import dev.coracle.scheduler.framework.FilterPlugin.Unschedulable;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Chooses a node: filters, then scores. Pure but for the turn of the nodes it starts with. */
public final class Algorithm {

  private static final int FEWEST_NODES = 100;
  private static final Set<String> OF_THE_NODE =
      Set.of("NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity");

  /** A plugin's filter in one Pod's cycle. */
  private record Prepared(FilterPlugin plugin, NodeFilter filter) {}

  /**
   * What is known before nodes are looked at.
   *
   * @param only the nodes that may do; null for all
   * @param narrowing the plugins that say so, sorted
   */
  private record Preparation(
      List<Prepared> filters, @Nullable Set<String> only, Set<String> narrowing) {}

  private final List<FilterPlugin> filters;
  private final List<Plugins.Score> scores;
  private final int percentage;
  private final RandomGenerator random;
  private int start;

  /**
   * @param percentage of how many nodes that will do one is chosen; 0 for as many as suits
   */
  Algorithm(Plugins plugins, int percentage, RandomGenerator random) {
    this.filters = plugins.filters();
    this.scores = plugins.scores();
    this.percentage = percentage;
    this.random = random;
  }

  /** The default profile. */
  public static Algorithm standard(RandomGenerator random) {
    return new Algorithm(
        Plugins.of(SchedulerConfiguration.DEFAULT.profiles().getFirst()), 0, random);
  }

  /**
   * Whether a node that has come or changed can take a Pod as far as the node itself goes: its
   * labels and taints, and whether it is cordoned. A change of a node that still keeps the Pod off
   * is no reason to try again (and to wait longer the next time).
   */
  public boolean mayTake(PodInfo pod, NodeInfo node, ClusterView cluster) {
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
   * @param promised the node that the Pod was promised, which is tried first; null for none
   */
  public Decision choose(PodInfo pod, ClusterView cluster, @Nullable NodeInfo promised) {
    Collection<NodeInfo> all = cluster.nodes();
    if (all.isEmpty()) {
      return Decision.None.noNodes();
    }
    Preparation prepared;
    try {
      prepared = prepare(pod, cluster);
    } catch (Rejected rejected) {
      return Decision.None.everywhere(all.size(), rejected.reason, rejected.plugins);
    }
    Set<String> rejectedBy = new HashSet<>(prepared.narrowing);
    if (promised != null && check(prepared.filters, promised, rejectedBy) == null) {
      return new Decision.Node(promised);
    }
    List<NodeInfo> nodes = candidates(all, prepared.only);
    int wanted = scores.isEmpty() ? 1 : enough(nodes.size());
    List<NodeInfo> feasible = new ArrayList<>();
    Map<String, Rejection> rejections = new HashMap<>();
    int looked = 0;
    for (; looked < nodes.size() && feasible.size() < wanted; looked++) {
      NodeInfo node = nodes.get((start + looked) % nodes.size());
      Rejection rejection = check(prepared.filters, node, rejectedBy);
      if (rejection == null) {
        feasible.add(node);
      } else {
        rejections.put(node.name(), rejection);
      }
    }
    start = (start + looked) % all.size();
    if (!feasible.isEmpty()) {
      return new Decision.Node(best(pod, feasible, cluster));
    }
    String leftOut = "node(s) didn't satisfy plugin(s) " + list(prepared.narrowing);
    return new Decision.None(all.size(), rejections, leftOut, "", rejectedBy);
  }

  private static String list(Set<String> names) {
    return "[" + String.join(" ", names) + "]";
  }

  private static List<NodeInfo> candidates(Collection<NodeInfo> all, @Nullable Set<String> only) {
    if (only == null && all instanceof List<NodeInfo> list) {
      return list;
    }
    List<NodeInfo> nodes = new ArrayList<>();
    for (NodeInfo node : all) {
      if (only == null || only.contains(node.name())) {
        nodes.add(node);
      }
    }
    return nodes;
  }

  /**
   * Why a node does not take a Pod.
   *
   * @return null when it does
   */
  @Nullable Rejection check(PodInfo pod, NodeInfo node, ClusterView cluster) {
    try {
      Preparation prepared = prepare(pod, cluster);
      if (prepared.only != null && !prepared.only.contains(node.name())) {
        return Rejection.unresolvable(
            "node(s) didn't satisfy plugin(s) " + list(prepared.narrowing));
      }
      return check(prepared.filters, node, new HashSet<>());
    } catch (Rejected rejected) {
      return Rejection.unresolvable(rejected.reason);
    }
  }

  /** No node will do. */
  private static final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Set<String> plugins;
    private final String reason;

    Rejected(Set<String> plugins, String reason) {
      super(reason, null, false, false);
      this.plugins = plugins;
      this.reason = reason;
    }
  }

  private Preparation prepare(PodInfo pod, ClusterView cluster) throws Rejected {
    List<Prepared> prepared = new ArrayList<>();
    Set<String> only = null;
    Set<String> narrowing = new TreeSet<>();
    for (FilterPlugin plugin : filters) {
      try {
        Set<String> names = plugin.onlyNodes(pod, cluster);
        if (names != null) {
          narrowing.add(plugin.name());
          if (only != null) {
            names.retainAll(only);
          }
          only = names;
          if (only.isEmpty()) {
            throw new Rejected(narrowing, nothingLeft(narrowing));
          }
        }
        NodeFilter filter = plugin.prepare(pod, cluster);
        if (filter != null) {
          prepared.add(new Prepared(plugin, filter));
        }
      } catch (Unschedulable e) {
        throw new Rejected(Set.of(plugin.name()), e.reason());
      }
    }
    return new Preparation(prepared, only, narrowing);
  }

  private static String nothingLeft(Set<String> plugins) {
    return plugins.size() == 1
        ? "node(s) didn't satisfy plugin " + plugins.iterator().next()
        : "node(s) didn't satisfy plugin(s) " + list(plugins) + " simultaneously";
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
  private int enough(int nodes) {
    if (nodes < FEWEST_NODES) {
      return nodes;
    }
    int percent = percentage > 0 ? percentage : Math.max(5, 50 - nodes / 125);
    return Math.max(FEWEST_NODES, nodes * percent / 100);
  }

  private NodeInfo best(PodInfo pod, List<NodeInfo> feasible, ClusterView cluster) {
    if (feasible.size() == 1) {
      return feasible.getFirst();
    }
    long[] totals = new long[feasible.size()];
    for (Plugins.Score score : scores) {
      long[] points = score.plugin().score(pod, feasible, cluster);
      if (points != null) {
        for (int i = 0; i < totals.length; i++) {
          totals[i] += points[i] * score.weight();
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
