package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.PodInfo;
import org.jspecify.annotations.Nullable;

/** A Pod that names its node runs there only. */
public final class NodeName implements FilterPlugin {

  @Override
  public String name() {
    return "NodeName";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    String wanted = pod.spec().path("nodeName").asText("");
    if (wanted.isEmpty()) {
      return null;
    }
    return node ->
        node.name().equals(wanted)
            ? null
            : Rejection.unresolvable("node(s) didn't match the requested node name");
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED;
  }
}
