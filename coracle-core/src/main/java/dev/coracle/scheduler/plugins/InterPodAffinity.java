package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.Likeness;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodGroups;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.PodTerm;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
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

    /** Adds an amount for each Pod of a group where it is. */
    void add(PodTerm term, PodGroups.Group group, long amount) {
      Map<String, Long> values = sums.computeIfAbsent(term.topologyKey(), key -> new HashMap<>());
      group.forEachNode(
          (node, count) -> {
            String value = node.labels().get(term.topologyKey());
            if (value != null) {
              values.merge(value, amount * count, Long::sum);
            }
          });
      if (values.isEmpty()) {
        sums.remove(term.topologyKey());
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
    if (!own && !any(cluster, NodeInfo::hasAntiAffinity)) {
      return null;
    }
    for (PodGroups.Group group : cluster.groups().all()) {
      Likeness others = group.likeness();
      if (matchesAll(pod.affinity(), others, cluster)) {
        pod.affinity().forEach(term -> near.add(term, group, 1));
      }
      for (PodTerm term : pod.antiAffinity()) {
        if (term.matches(others, cluster::namespaceLabels)) {
          far.add(term, group, 1);
        }
      }
      for (PodTerm term : others.antiAffinity()) {
        if (term.matches(pod.likeness(), cluster::namespaceLabels)) {
          refusing.add(term, group, 1);
        }
      }
    }
    if (!own && refusing.isEmpty()) {
      return null;
    }
    boolean first = near.isEmpty() && matchesAll(pod.affinity(), pod.likeness(), cluster);
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

  private static boolean any(ClusterView cluster, Predicate<NodeInfo> which) {
    for (NodeInfo node : cluster.nodes()) {
      if (which.test(node)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matchesAll(List<PodTerm> terms, Likeness other, ClusterView cluster) {
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
    if (!own && (onlyOwnWishes || !any(cluster, NodeInfo::hasTerms))) {
      return null;
    }
    Places sums = new Places();
    for (PodGroups.Group group : cluster.groups().all()) {
      for (PodTerm term : pod.preferred()) {
        if (term.matches(group.likeness(), cluster::namespaceLabels)) {
          sums.add(term, group, term.weight());
        }
      }
      addOthers(group, pod.likeness(), cluster, sums);
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

  /** What Pods that have their nodes think of the one to place. */
  private void addOthers(PodGroups.Group group, Likeness pod, ClusterView cluster, Places sums) {
    Likeness others = group.likeness();
    if (hardWeight > 0) {
      for (PodTerm term : others.affinity()) {
        if (term.matches(pod, cluster::namespaceLabels)) {
          sums.add(term, group, hardWeight);
        }
      }
    }
    if (onlyOwnWishes) {
      return;
    }
    for (PodTerm term : others.preferred()) {
      if (term.matches(pod, cluster::namespaceLabels)) {
        sums.add(term, group, term.weight());
      }
    }
  }
}
