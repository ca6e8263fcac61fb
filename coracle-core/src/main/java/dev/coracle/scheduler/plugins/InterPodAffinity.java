package dev.coracle.scheduler.plugins;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.ClusterEvent;
import dev.coracle.scheduler.ClusterView;
import dev.coracle.scheduler.FilterPlugin;
import dev.coracle.scheduler.NodeInfo;
import dev.coracle.scheduler.PodInfo;
import dev.coracle.scheduler.PodTerm;
import dev.coracle.scheduler.ScorePlugin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Pods near to and far from other Pods. */
public final class InterPodAffinity implements FilterPlugin, ScorePlugin {

  /** A value of a topology label. */
  private record Place(String key, String value) {}

  @Override
  public String name() {
    return "InterPodAffinity";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    Map<Place, Integer> near = new HashMap<>();
    Map<Place, Integer> far = new HashMap<>();
    Map<Place, Integer> refusing = new HashMap<>();
    boolean own = !pod.affinity().isEmpty() || !pod.antiAffinity().isEmpty();
    for (NodeInfo node : cluster.nodes()) {
      if (!own && !node.hasAntiAffinity()) {
        continue;
      }
      for (PodInfo other : node.pods()) {
        if (matchesAll(pod.affinity(), other.pod(), cluster)) {
          pod.affinity().forEach(term -> count(near, term, node));
        }
        for (PodTerm term : pod.antiAffinity()) {
          if (term.matches(other.pod(), cluster::namespaceLabels)) {
            count(far, term, node);
          }
        }
        for (PodTerm term : other.antiAffinity()) {
          if (term.matches(pod.pod(), cluster::namespaceLabels)) {
            count(refusing, term, node);
          }
        }
      }
    }
    if (!own && refusing.isEmpty()) {
      return null;
    }
    boolean first = near.isEmpty() && matchesAll(pod.affinity(), pod.pod(), cluster);
    return node -> check(pod, node, near, far, refusing, first);
  }

  private static @Nullable Rejection check(
      PodInfo pod,
      NodeInfo node,
      Map<Place, Integer> near,
      Map<Place, Integer> far,
      Map<Place, Integer> refusing,
      boolean first) {
    boolean labelled = true;
    boolean together = true;
    for (PodTerm term : pod.affinity()) {
      String value = node.labels().get(term.topologyKey());
      labelled &= value != null;
      together &= value != null && near.containsKey(new Place(term.topologyKey(), value));
    }
    // the first of a group that wants to be together must start somewhere
    if (!labelled || (!together && !first)) {
      return Rejection.unresolvable("node(s) didn't match pod affinity rules");
    }
    for (PodTerm term : pod.antiAffinity()) {
      String value = node.labels().get(term.topologyKey());
      if (value != null && far.containsKey(new Place(term.topologyKey(), value))) {
        return Rejection.resolvable("node(s) didn't match pod anti-affinity rules");
      }
    }
    for (Place place : refusing.keySet()) {
      if (place.value.equals(node.labels().get(place.key))) {
        return Rejection.resolvable("node(s) didn't satisfy existing pods anti-affinity rules");
      }
    }
    return null;
  }

  private static boolean matchesAll(List<PodTerm> terms, KubeObject other, ClusterView cluster) {
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

  private static void count(Map<Place, Integer> places, PodTerm term, NodeInfo node) {
    String value = node.labels().get(term.topologyKey());
    if (value != null) {
      places.merge(new Place(term.topologyKey(), value), 1, Integer::sum);
    }
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
    List<PodTerm> terms = new ArrayList<>(PodTerm.preferred(pod.pod(), "podAffinity"));
    int nearTerms = terms.size();
    terms.addAll(PodTerm.preferred(pod.pod(), "podAntiAffinity"));
    if (terms.isEmpty()) {
      return null;
    }
    Map<Place, Long> sums = new HashMap<>();
    for (NodeInfo node : cluster.nodes()) {
      for (PodInfo other : node.pods()) {
        for (int i = 0; i < terms.size(); i++) {
          PodTerm term = terms.get(i);
          String value = node.labels().get(term.topologyKey());
          if (value != null && term.matches(other.pod(), cluster::namespaceLabels)) {
            long weight = i < nearTerms ? term.weight() : -term.weight();
            sums.merge(new Place(term.topologyKey(), value), weight, Long::sum);
          }
        }
      }
    }
    if (sums.isEmpty()) {
      return null;
    }
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      for (Map.Entry<Place, Long> sum : sums.entrySet()) {
        if (sum.getKey().value.equals(nodes.get(i).labels().get(sum.getKey().key))) {
          scores[i] += sum.getValue();
        }
      }
    }
    return Scores.spread(scores);
  }
}
