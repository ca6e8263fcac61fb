package dev.coracle.scheduler;

import dev.coracle.api.KubeObject;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What plugins may look at beside the one node. */
public interface ClusterView {

  /** All nodes that exist. */
  Collection<NodeInfo> nodes();

  /** The labels of a namespace; empty when it is not known. */
  Map<String, String> namespaceLabels(String namespace);

  /** A claim, or null. */
  @Nullable KubeObject claim(String namespace, String name);
}
