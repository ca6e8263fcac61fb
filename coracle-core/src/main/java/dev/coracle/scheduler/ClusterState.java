package dev.coracle.scheduler;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Nodes and their Pods as scheduling sees them: what the informers show, and what was decided and
 * is not shown yet (assumed). Callers hold the scheduler's lock.
 */
final class ClusterState implements ClusterView {

  private final SharedInformer namespaces;
  private final StorageView storage;
  private final Map<String, NodeInfo> all = new LinkedHashMap<>();
  private final Map<String, String> nodeOfPod = new HashMap<>();
  private @Nullable List<NodeInfo> existing;

  ClusterState(SharedInformer namespaces, StorageView storage) {
    this.namespaces = namespaces;
    this.storage = storage;
  }

  private NodeInfo info(String node) {
    return all.computeIfAbsent(node, NodeInfo::new);
  }

  void putNode(KubeObject node) {
    NodeInfo info = info(node.name());
    if (info.node() == null) {
      existing = null;
    }
    info.node(node);
  }

  void removeNode(String name) {
    NodeInfo info = all.get(name);
    if (info == null) {
      return;
    }
    info.node(null);
    existing = null;
    if (info.pods().isEmpty()) {
      all.remove(name);
    }
  }

  /** A Pod on a node, shown by the informer or assumed; a node that is not known yet will do. */
  void putPod(PodInfo pod, String node) {
    String before = nodeOfPod.put(pod.uid(), node);
    if (before != null && !before.equals(node)) {
      info(before).remove(pod.uid());
    }
    info(node).add(pod);
  }

  /** Does nothing when it is not there. */
  void removePod(String uid) {
    String node = nodeOfPod.remove(uid);
    NodeInfo info = node == null ? null : all.get(node);
    if (info == null) {
      return;
    }
    info.remove(uid);
    if (info.node() == null && info.pods().isEmpty()) {
      all.remove(info.name());
    }
  }

  boolean hasPod(String uid) {
    return nodeOfPod.containsKey(uid);
  }

  @Nullable NodeInfo find(String node) {
    NodeInfo info = all.get(node);
    return info == null || info.node() == null ? null : info;
  }

  @Override
  public List<NodeInfo> nodes() {
    List<NodeInfo> known = existing;
    if (known == null) {
      known = new ArrayList<>();
      for (NodeInfo info : all.values()) {
        if (info.node() != null) {
          known.add(info);
        }
      }
      existing = known;
    }
    return known;
  }

  @Override
  public Map<String, String> namespaceLabels(String namespace) {
    KubeObject object = namespaces.get("", namespace);
    return object == null ? Map.of() : object.labels();
  }

  @Override
  public StorageView storage() {
    return storage;
  }

  /** The same cluster with one node as it would be. */
  ClusterView with(NodeInfo changed) {
    List<NodeInfo> nodes = new ArrayList<>(nodes());
    nodes.replaceAll(node -> node.name().equals(changed.name()) ? changed : node);
    ClusterState state = this;
    return new ClusterView() {
      @Override
      public Collection<NodeInfo> nodes() {
        return nodes;
      }

      @Override
      public Map<String, String> namespaceLabels(String namespace) {
        return state.namespaceLabels(namespace);
      }

      @Override
      public StorageView storage() {
        return state.storage();
      }
    };
  }
}
