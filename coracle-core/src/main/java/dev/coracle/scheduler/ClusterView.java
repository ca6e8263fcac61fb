package dev.coracle.scheduler;

import java.util.Collection;
import java.util.Map;

/** What plugins may look at beside the one node. */
public interface ClusterView {

  /** All nodes that exist. */
  Collection<NodeInfo> nodes();

  /** The labels of a namespace; empty when it is not known. */
  Map<String, String> namespaceLabels(String namespace);

  /** Claims and volumes. */
  default StorageView storage() {
    return StorageView.NONE;
  }
}
