package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.client.NodeTerms;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Pod's node selector and node affinity, and what the profile adds to it. */
public final class NodeAffinity implements FilterPlugin, ScorePlugin {

  private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
  private static final String PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

  private final JsonNode added;

  /**
   * @param added a {@code nodeAffinity} for every Pod; missing for none
   */
  public NodeAffinity(JsonNode added) {
    this.added = added;
  }

  @Override
  public String name() {
    return "NodeAffinity";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    NodeFilter own = ofPod(pod);
    JsonNode enforced = added.path(REQUIRED);
    if (!enforced.isObject()) {
      return own;
    }
    return node -> {
      if (!NodeTerms.matchAny(enforced.path("nodeSelectorTerms"), node.labels(), node.name())) {
        return Rejection.unresolvable("node(s) didn't match scheduler-enforced node affinity");
      }
      return own == null ? null : own.reject(node);
    };
  }

  /** What the Pod itself asks for; null for nothing. */
  static @Nullable NodeFilter ofPod(PodInfo pod) {
    JsonNode spec = pod.spec();
    JsonNode selector = spec.path("nodeSelector");
    JsonNode required = affinity(spec).path(REQUIRED);
    if (selector.isEmpty() && !required.isObject()) {
      return null;
    }
    return node -> matches(selector, required, node) ? null : rejection();
  }

  private static boolean matches(JsonNode selector, JsonNode required, NodeInfo node) {
    for (Map.Entry<String, JsonNode> label : selector.properties()) {
      if (!label.getValue().asText().equals(node.labels().get(label.getKey()))) {
        return false;
      }
    }
    return !required.isObject()
        || NodeTerms.matchAny(required.path("nodeSelectorTerms"), node.labels(), node.name());
  }

  private static JsonNode affinity(JsonNode spec) {
    return spec.path("affinity").path("nodeAffinity");
  }

  private static Rejection rejection() {
    return Rejection.unresolvable("node(s) didn't match Pod's node affinity/selector");
  }

  /** The nodes that all terms name, as those of a DaemonSet's Pods do. */
  @Override
  public @Nullable Set<String> onlyNodes(PodInfo pod, ClusterView cluster) throws Unschedulable {
    JsonNode terms = affinity(pod.spec()).path(REQUIRED).path("nodeSelectorTerms");
    if (terms.isEmpty()) {
      return null;
    }
    Set<String> all = new HashSet<>();
    for (JsonNode term : terms) {
      Set<String> names = null;
      for (JsonNode field : term.path("matchFields")) {
        if (field.path("key").asText().equals("metadata.name")
            && field.path("operator").asText().equals("In")) {
          Set<String> values = new HashSet<>();
          field.path("values").forEach(value -> values.add(value.asText()));
          if (names == null) {
            names = values;
          } else {
            names.retainAll(values);
          }
        }
      }
      if (names == null) {
        // this term may match any node
        return null;
      }
      all.addAll(names);
    }
    if (all.isEmpty()) {
      throw new Unschedulable("pod affinity terms conflict");
    }
    return all;
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED
        || event == ClusterEvent.NODE_LABELS
        || event == ClusterEvent.POD_CHANGED;
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    JsonNode own = affinity(pod.spec()).path(PREFERRED);
    JsonNode ours = added.path(PREFERRED);
    if (own.isEmpty() && ours.isEmpty()) {
      return null;
    }
    long[] sums = new long[nodes.size()];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = weight(own, nodes.get(i)) + weight(ours, nodes.get(i));
    }
    return Scores.normalized(sums, false);
  }

  private static long weight(JsonNode preferred, NodeInfo node) {
    long sum = 0;
    for (JsonNode term : preferred) {
      if (NodeTerms.matches(term.path("preference"), node.labels(), node.name())) {
        sum += term.path("weight").asInt();
      }
    }
    return sum;
  }
}
