package dev.coracle.scheduler.framework;

import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;

/**
 * The Pods on nodes by what they are alike in, counted: a question about other Pods is asked once
 * for each kind of them, not for each Pod. Not thread-safe.
 */
public final class PodGroups {

  /** Pods that are alike, and where they are. */
  public static final class Group {
    private final Likeness likeness;
    private final Map<NodeInfo, Integer> nodes = new IdentityHashMap<>(4);

    private Group(Likeness likeness) {
      this.likeness = likeness;
    }

    public Likeness likeness() {
      return likeness;
    }

    /** Tells of each node that exists how many of them it has. */
    public void forEachNode(ObjIntConsumer<NodeInfo> consumer) {
      nodes.forEach(
          (node, count) -> {
            if (node.node() != null) {
              consumer.accept(node, count);
            }
          });
    }
  }

  private final Map<Likeness, Group> groups = new HashMap<>();

  /** Counts the Pods of some nodes. */
  public static PodGroups of(Collection<NodeInfo> nodes) {
    PodGroups groups = new PodGroups();
    for (NodeInfo node : nodes) {
      for (PodInfo pod : node.pods()) {
        groups.add(pod, node);
      }
    }
    return groups;
  }

  public void add(PodInfo pod, NodeInfo node) {
    Likeness likeness = pod.likeness();
    Group group = groups.get(likeness);
    if (group == null) {
      group = new Group(likeness);
      groups.put(likeness, group);
    }
    group.nodes.merge(node, 1, Integer::sum);
  }

  public void remove(PodInfo pod, NodeInfo node) {
    Group group = groups.get(pod.likeness());
    if (group != null) {
      group.nodes.computeIfPresent(node, (same, count) -> count == 1 ? null : count - 1);
      if (group.nodes.isEmpty()) {
        groups.remove(pod.likeness());
      }
    }
  }

  public Collection<Group> all() {
    return groups.values();
  }
}
