package dev.coracle.scheduler.state;

import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.client.SharedInformer;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodGroups;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.StorageView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Nodes and their Pods as scheduling sees them: what the informers show, and what was decided and
 * is not shown yet (assumed). Callers hold the scheduler's lock.
 */
public final class ClusterState implements ClusterView {

  private final SharedInformer namespaces;
  private final Kin kin;
  private final StorageView storage;
  private final Map<String, NodeInfo> all = new LinkedHashMap<>();
  private final Map<String, String> nodeOfPod = new HashMap<>();
  private @Nullable List<NodeInfo> existing;

  /** Kept up to date from the first time that somebody asks for it. */
  private @Nullable PodGroups groups;

  public ClusterState(SharedInformer namespaces, Kin kin, StorageView storage) {
    this.namespaces = namespaces;
    this.kin = kin;
    this.storage = storage;
  }

  private NodeInfo info(String node) {
    return all.computeIfAbsent(node, NodeInfo::new);
  }

  public void putNode(KubeObject node) {
    NodeInfo info = info(node.name());
    KubeObject before = info.node();
    if (before == null || !zone(before).equals(zone(node))) {
      existing = null;
    }
    info.node(node);
  }

  public void removeNode(String name) {
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
    if (before != null) {
      remove(pod.uid(), info(before));
    }
    NodeInfo info = info(node);
    info.add(pod);
    if (groups != null) {
      groups.add(pod, info);
    }
  }

  private void remove(String uid, NodeInfo node) {
    PodInfo pod = node.find(uid);
    if (pod != null) {
      node.remove(uid);
      if (groups != null) {
        groups.remove(pod, node);
      }
    }
  }

  /**
   * A Pod as it is shown now.
   *
   * @return what it was before; null when it was not there
   */
  public @Nullable PodInfo showPod(KubeObject pod, String node) {
    NodeInfo info = all.get(node);
    PodInfo before = info == null ? null : info.find(pod.uid());
    PodInfo same = before == null ? null : before.shownAs(pod);
    if (info != null && same != null) {
      info.refresh(same);
    } else {
      putPod(PodInfo.of(pod), node);
    }
    return before;
  }

  /** Does nothing when it is not there. */
  public void removePod(String uid) {
    String node = nodeOfPod.remove(uid);
    NodeInfo info = node == null ? null : all.get(node);
    if (info == null) {
      return;
    }
    remove(uid, info);
    if (info.node() == null && info.pods().isEmpty()) {
      all.remove(info.name());
    }
  }

  public boolean hasPod(String uid) {
    return nodeOfPod.containsKey(uid);
  }

  public @Nullable PodInfo pod(String uid) {
    String node = nodeOfPod.get(uid);
    NodeInfo info = node == null ? null : all.get(node);
    return info == null ? null : info.find(uid);
  }

  public @Nullable NodeInfo find(String node) {
    NodeInfo info = all.get(node);
    return info == null || info.node() == null ? null : info;
  }

  @Override
  public List<NodeInfo> nodes() {
    List<NodeInfo> known = existing;
    if (known == null) {
      known = inTurns();
      existing = known;
    }
    return known;
  }

  @Override
  public PodGroups groups() {
    PodGroups known = groups;
    if (known == null) {
      known = PodGroups.of(all.values());
      groups = known;
    }
    return known;
  }

  private static String zone(KubeObject node) {
    return node.labels().getOrDefault("topology.kubernetes.io/region", "")
        + ":"
        + node.labels().getOrDefault("topology.kubernetes.io/zone", "");
  }

  /** One node of each zone, the next of each, and so on: a part of the nodes is of all zones. */
  private List<NodeInfo> inTurns() {
    Map<String, List<NodeInfo>> zones = new LinkedHashMap<>();
    for (NodeInfo info : all.values()) {
      KubeObject node = info.node();
      if (node != null) {
        zones.computeIfAbsent(zone(node), zone -> new ArrayList<>()).add(info);
      }
    }
    List<NodeInfo> nodes = new ArrayList<>();
    boolean more = true;
    for (int turn = 0; more; turn++) {
      more = false;
      for (List<NodeInfo> zone : zones.values()) {
        if (turn < zone.size()) {
          nodes.add(zone.get(turn));
          more = true;
        }
      }
    }
    return nodes;
  }

  @Override
  public Map<String, String> namespaceLabels(String namespace) {
    KubeObject object = namespaces.get("", namespace);
    return object == null ? Map.of() : object.labels();
  }

  @Override
  public LabelSelector kin(PodInfo pod) {
    return kin.of(pod.pod());
  }

  @Override
  public StorageView storage() {
    return storage;
  }

  /** The same cluster with some nodes as they would be. */
  public Overlaid with(Map<String, NodeInfo> changed) {
    return new Overlaid(this, changed);
  }

  /** The cluster with some nodes as they would be. */
  public static final class Overlaid implements ClusterView {
    private final ClusterState state;
    private final Map<String, NodeInfo> changed;
    private final List<NodeInfo> nodes;

    private Overlaid(ClusterState state, Map<String, NodeInfo> changed) {
      this.state = state;
      this.changed = changed;
      if (changed.isEmpty()) {
        nodes = state.nodes();
      } else {
        nodes = new ArrayList<>(state.nodes());
        nodes.replaceAll(node -> changed.getOrDefault(node.name(), node));
      }
    }

    /** This, and one more node as it would be. */
    public Overlaid with(NodeInfo node) {
      Map<String, NodeInfo> more = new HashMap<>(changed);
      more.put(node.name(), node);
      return new Overlaid(state, more);
    }

    @Override
    public PodGroups groups() {
      return changed.isEmpty() ? state.groups() : PodGroups.of(nodes);
    }

    public @Nullable NodeInfo find(String node) {
      NodeInfo found = changed.get(node);
      return found != null ? found : state.find(node);
    }

    @Override
    public List<NodeInfo> nodes() {
      return nodes;
    }

    @Override
    public Map<String, String> namespaceLabels(String namespace) {
      return state.namespaceLabels(namespace);
    }

    @Override
    public LabelSelector kin(PodInfo pod) {
      return state.kin(pod);
    }

    @Override
    public StorageView storage() {
      return state.storage();
    }
  }
}
