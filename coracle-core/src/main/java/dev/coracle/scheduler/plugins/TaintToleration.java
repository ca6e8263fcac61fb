package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.client.NodeTerms;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Nodes keep Pods off that do not tolerate their taints, or take them unwillingly. */
public final class TaintToleration implements FilterPlugin, ScorePlugin {

  @Override
  public String name() {
    return "TaintToleration";
  }

  @Override
  public NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    JsonNode tolerations = pod.spec().path("tolerations");
    return node -> {
      for (JsonNode taint : node.taints()) {
        String effect = taint.path("effect").asText();
        if ((effect.equals("NoSchedule") || effect.equals("NoExecute"))
            && !NodeTerms.tolerated(tolerations, taint)) {
          return Rejection.unresolvable("node(s) had untolerated taint(s)");
        }
      }
      return null;
    };
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED
        || event == ClusterEvent.NODE_TAINTS
        || event == ClusterEvent.POD_CHANGED;
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    JsonNode tolerations = pod.spec().path("tolerations");
    long[] intolerable = new long[nodes.size()];
    boolean any = false;
    for (int i = 0; i < intolerable.length; i++) {
      for (JsonNode taint : nodes.get(i).taints()) {
        if (taint.path("effect").asText().equals("PreferNoSchedule")
            && !NodeTerms.tolerated(tolerations, taint)) {
          intolerable[i]++;
          any = true;
        }
      }
    }
    return any ? Scores.normalized(intolerable, true) : null;
  }
}
