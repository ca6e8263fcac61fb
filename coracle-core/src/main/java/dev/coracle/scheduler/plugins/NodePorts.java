package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.PodInfo;
import org.jspecify.annotations.Nullable;

/** A host port is taken once on a node. */
public final class NodePorts implements FilterPlugin {

  @Override
  public String name() {
    return "NodePorts";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    if (pod.ports().isEmpty()) {
      return null;
    }
    return node -> {
      if (!node.hasPorts()) {
        return null;
      }
      for (PodInfo other : node.pods()) {
        for (PodInfo.HostPort taken : other.ports()) {
          for (PodInfo.HostPort wanted : pod.ports()) {
            if (wanted.conflicts(taken)) {
              return Rejection.resolvable(
                  "node(s) didn't have free ports for the requested pod ports");
            }
          }
        }
      }
      return null;
    };
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED || event == ClusterEvent.ASSIGNED_POD_DELETED;
  }
}
