package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.client.NodeTerms;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.PodInfo;
import org.jspecify.annotations.Nullable;

/** Cordoned nodes take no Pods, except those that tolerate it. */
public final class NodeUnschedulable implements FilterPlugin {

  @Override
  public String name() {
    return "NodeUnschedulable";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    ObjectNode taint =
        Json.object().put("key", "node.kubernetes.io/unschedulable").put("effect", "NoSchedule");
    if (NodeTerms.tolerated(pod.spec().path("tolerations"), taint)) {
      return null;
    }
    return node -> node.isCordoned() ? Rejection.unresolvable("node(s) were unschedulable") : null;
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED
        || event == ClusterEvent.NODE_TAINTS
        || event == ClusterEvent.POD_CHANGED;
  }
}
