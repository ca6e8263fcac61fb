package dev.coracle.scheduler.state;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that are promised to Pods, for which others make room there. Callers hold the scheduler's
 * lock.
 */
public final class Nominations {

  private record Nomination(PodInfo pod, String node) {}

  private final Map<String, Nomination> byPod = new HashMap<>();

  public void promise(PodInfo pod, String node) {
    byPod.put(pod.uid(), new Nomination(pod, node));
  }

  public void forget(String uid) {
    byPod.remove(uid);
  }

  /** The node that a Pod was promised. */
  public @Nullable String of(String uid) {
    Nomination nomination = byPod.get(uid);
    return nomination == null ? null : nomination.node;
  }

  /**
   * Less important Pods that were promised a node which is another's now are promised it no more.
   */
  public List<KubeObject> displace(PodInfo pod, String node) {
    List<KubeObject> displaced = new ArrayList<>();
    for (Nomination each : List.copyOf(byPod.values())) {
      if (each.node.equals(node) && each.pod.priority() < pod.priority()) {
        byPod.remove(each.pod.uid());
        displaced.add(each.pod.pod());
      }
    }
    return displaced;
  }

  /** The cluster as a Pod must see it: with the Pods, at least as important, that are to come. */
  public ClusterState.Overlaid seenBy(PodInfo pod, ClusterState state) {
    Map<String, NodeInfo> changed = new HashMap<>();
    for (Nomination each : byPod.values()) {
      NodeInfo node = state.find(each.node);
      if (node == null
          || each.pod.uid().equals(pod.uid())
          || each.pod.priority() < pod.priority()) {
        continue;
      }
      changed.computeIfAbsent(each.node, name -> node.copy()).add(each.pod);
    }
    return state.with(changed);
  }
}
