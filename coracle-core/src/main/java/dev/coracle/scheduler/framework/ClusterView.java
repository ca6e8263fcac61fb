package dev.coracle.scheduler.framework;

import dev.coracle.api.LabelSelector;
import java.util.Collection;
import java.util.Map;

/** What plugins may look at beside the one node. */
public interface ClusterView {

  /** All nodes that exist. */
  Collection<NodeInfo> nodes();

  /** The labels of a namespace; empty when it is not known. */
  default Map<String, String> namespaceLabels(String namespace) {
    return Map.of();
  }

  /** The Pods on all nodes that exist. */
  default PodGroups groups() {
    return PodGroups.of(nodes());
  }

  /**
   * Which Pods are a Pod's kind: those of its Services and of its ReplicationController, ReplicaSet
   * or StatefulSet; everything when it has none of these.
   */
  default LabelSelector kin(PodInfo pod) {
    return LabelSelector.EVERYTHING;
  }

  /** Claims and volumes. */
  default StorageView storage() {
    return StorageView.NONE;
  }
}
