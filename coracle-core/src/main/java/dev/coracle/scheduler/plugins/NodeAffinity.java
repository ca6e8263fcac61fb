package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.client.NodeTerms;
import dev.coracle.scheduler.ClusterEvent;
import dev.coracle.scheduler.ClusterView;
import dev.coracle.scheduler.FilterPlugin;
import dev.coracle.scheduler.NodeInfo;
import dev.coracle.scheduler.PodInfo;
import dev.coracle.scheduler.ScorePlugin;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Pod's node selector and node affinity. */
public final class NodeAffinity implements FilterPlugin, ScorePlugin {

  @Override
  public String name() {
    return "NodeAffinity";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    JsonNode selector = pod.spec().path("nodeSelector");
    JsonNode required = affinity(pod).path("requiredDuringSchedulingIgnoredDuringExecution");
    if (selector.isEmpty() && !required.isObject()) {
      return null;
    }
    return node -> {
      for (Map.Entry<String, JsonNode> label : selector.properties()) {
        if (!label.getValue().asText().equals(node.labels().get(label.getKey()))) {
          return rejection();
        }
      }
      return required.isObject()
              && !NodeTerms.matchAny(required.path("nodeSelectorTerms"), node.labels(), node.name())
          ? rejection()
          : null;
    };
  }

  private static JsonNode affinity(PodInfo pod) {
    return pod.spec().path("affinity").path("nodeAffinity");
  }

  private static Rejection rejection() {
    return Rejection.unresolvable("node(s) didn't match Pod's node affinity/selector");
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED
        || event == ClusterEvent.NODE_LABELS
        || event == ClusterEvent.POD_CHANGED;
  }

  @Override
  public int weight() {
    return 2;
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    JsonNode preferred = affinity(pod).path("preferredDuringSchedulingIgnoredDuringExecution");
    if (preferred.isEmpty()) {
      return null;
    }
    long[] sums = new long[nodes.size()];
    for (int i = 0; i < sums.length; i++) {
      for (JsonNode term : preferred) {
        if (NodeTerms.matches(
            term.path("preference"), nodes.get(i).labels(), nodes.get(i).name())) {
          sums[i] += term.path("weight").asInt();
        }
      }
    }
    return Scores.normalized(sums, false);
  }
}
