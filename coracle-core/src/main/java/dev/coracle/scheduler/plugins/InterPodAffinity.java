package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.PodTerm;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Pods near to and far from other Pods. */
public final class InterPodAffinity implements FilterPlugin, ScorePlugin {

  private final int hardWeight;
  private final boolean onlyOwnWishes;

  /**
   * @param hardWeight how much it counts that another Pod must be near this one
   * @param onlyOwnWishes whether what other Pods prefer does not count
   */
  public InterPodAffinity(int hardWeight, boolean onlyOwnWishes) {
    this.hardWeight = hardWeight;
    this.onlyOwnWishes = onlyOwnWishes;
  }

  /** Sums by topology label and its value. */
  private static final class Places {
    private final Map<String, Map<String, Long>> sums = new HashMap<>();

    void add(PodTerm term, NodeInfo node, long amount) {
      String value = node.labels().get(term.topologyKey());
      if (value != null) {
        sums.computeIfAbsent(term.topologyKey(), key -> new HashMap<>())
            .merge(value, amount, Long::sum);
      }
    }

    boolean isEmpty() {
      return sums.isEmpty();
    }

    boolean has(String key, String value) {
      Map<String, Long> values = sums.get(key);
      return values != null && values.containsKey(value);
    }

    /** Whether a node is in one of the places. */
    boolean hold(NodeInfo node) {
      for (Map.Entry<String, Map<String, Long>> entry : sums.entrySet()) {
        String value = node.labels().get(entry.getKey());
        if (value != null && entry.getValue().containsKey(value)) {
          return true;
        }
      }
      return false;
    }

    /** The sum of the places that a node is in. */
    long of(NodeInfo node) {
      long sum = 0;
      for (Map.Entry<String, Map<String, Long>> entry : sums.entrySet()) {
        String value = node.labels().get(entry.getKey());
        sum += value == null ? 0 : entry.getValue().getOrDefault(value, 0L);
      }
      return sum;
    }
  }

  @Override
  public String name() {
    return "InterPodAffinity";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    Places near = new Places();
    Places far = new Places();
    Places refusing = new Places();
    boolean own = !pod.affinity().isEmpty() || !pod.antiAffinity().isEmpty();
    for (NodeInfo node : cluster.nodes()) {
      if (!own && !node.hasAntiAffinity()) {
        continue;
      }
      for (PodInfo other : node.pods()) {
        if (own) {
          if (matchesAll(pod.affinity(), other, cluster)) {
            pod.affinity().forEach(term -> near.add(term, node, 1));
          }
          for (PodTerm term : pod.antiAffinity()) {
            if (term.matches(other, cluster::namespaceLabels)) {
              far.add(term, node, 1);
            }
          }
        }
        for (PodTerm term : other.antiAffinity()) {
          if (term.matches(pod, cluster::namespaceLabels)) {
            refusing.add(term, node, 1);
          }
        }
      }
    }
    if (!own && refusing.isEmpty()) {
      return null;
    }
    boolean first = near.isEmpty() && matchesAll(pod.affinity(), pod, cluster);
    return node -> check(pod, node, near, far, refusing, first);
  }

  private static @Nullable Rejection check(
      PodInfo pod, NodeInfo node, Places near, Places far, Places refusing, boolean first) {
    boolean labelled = true;
    boolean together = true;
    for (PodTerm term : pod.affinity()) {
      String value = node.labels().get(term.topologyKey());
      labelled &= value != null;
      together &= value != null && near.has(term.topologyKey(), value);
    }
    // the first of a group that wants to be together must start somewhere
    if (!labelled || (!together && !first)) {
      return Rejection.unresolvable("node(s) didn't match pod affinity rules");
    }
    if (far.hold(node)) {
      return Rejection.resolvable("node(s) didn't match pod anti-affinity rules");
    }
    return refusing.hold(node)
        ? Rejection.resolvable("node(s) didn't satisfy existing pods anti-affinity rules")
        : null;
  }

  private static boolean matchesAll(List<PodTerm> terms, PodInfo other, ClusterView cluster) {
    if (terms.isEmpty()) {
      return false;
    }
    for (PodTerm term : terms) {
      if (!term.matches(other, cluster::namespaceLabels)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return switch (event) {
      case NODE_ADDED,
          NODE_LABELS,
          ASSIGNED_POD_ADDED,
          ASSIGNED_POD_LABELS,
          ASSIGNED_POD_DELETED,
          POD_CHANGED ->
          true;
      case NODE_TAINTS,
          NODE_ALLOCATABLE,
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
    boolean own = !pod.preferred().isEmpty();
    if (!own && onlyOwnWishes) {
      return null;
    }
    Places sums = new Places();
    for (NodeInfo node : cluster.nodes()) {
      if (!own && !node.hasTerms()) {
        continue;
      }
      for (PodInfo other : node.pods()) {
        for (PodTerm term : pod.preferred()) {
          if (term.matches(other, cluster::namespaceLabels)) {
            sums.add(term, node, term.weight());
          }
        }
        if (other.hasTerms()) {
          addOthers(other, node, pod, cluster, sums);
        }
      }
    }
    if (sums.isEmpty()) {
      return null;
    }
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = sums.of(nodes.get(i));
    }
    return Scores.spread(scores);
  }

  /** What a Pod that has its node thinks of the one to place. */
  private void addOthers(
      PodInfo other, NodeInfo node, PodInfo pod, ClusterView cluster, Places sums) {
    if (hardWeight > 0) {
      for (PodTerm term : other.affinity()) {
        if (term.matches(pod, cluster::namespaceLabels)) {
          sums.add(term, node, hardWeight);
        }
      }
    }
    if (onlyOwnWishes) {
      return;
    }
    for (PodTerm term : other.preferred()) {
      if (term.matches(pod, cluster::namespaceLabels)) {
        sums.add(term, node, term.weight());
      }
    }
  }
}
