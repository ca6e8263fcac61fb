package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.ClusterView;
import dev.coracle.scheduler.NodeInfo;
import dev.coracle.scheduler.PodInfo;
import dev.coracle.scheduler.ScorePlugin;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Prefers nodes that have a Pod's images already, the larger the better. */
public final class ImageLocality implements ScorePlugin {

  private static final long LEAST = 23L << 20;
  private static final long MOST_PER_CONTAINER = 1000L << 20;

  @Override
  public String name() {
    return "ImageLocality";
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    Set<String> wanted = new HashSet<>();
    int containers = 0;
    for (JsonNode container : pod.spec().path("containers")) {
      wanted.add(normal(container.path("image").asText()));
      containers++;
    }
    long[] sums = new long[nodes.size()];
    Map<String, Integer> spread = new HashMap<>();
    for (NodeInfo node : nodes) {
      images(node, wanted).keySet().forEach(image -> spread.merge(image, 1, Integer::sum));
    }
    if (spread.isEmpty()) {
      return null;
    }
    long most = MOST_PER_CONTAINER * containers;
    for (int i = 0; i < sums.length; i++) {
      long sum = 0;
      for (Map.Entry<String, Long> image : images(nodes.get(i), wanted).entrySet()) {
        sum += image.getValue() * spread.getOrDefault(image.getKey(), 0) / nodes.size();
      }
      sums[i] = Scores.MAX * (Math.clamp(sum, LEAST, most) - LEAST) / (most - LEAST);
    }
    return sums;
  }

  private static Map<String, Long> images(NodeInfo info, Set<String> wanted) {
    KubeObject node = info.node();
    Map<String, Long> found = new HashMap<>();
    if (node == null) {
      return found;
    }
    for (JsonNode image : node.at("status", "images")) {
      for (JsonNode name : image.path("names")) {
        if (wanted.contains(name.asText())) {
          found.put(name.asText(), image.path("sizeBytes").asLong());
        }
      }
    }
    return found;
  }

  private static String normal(String image) {
    return image.lastIndexOf(':') <= image.lastIndexOf('/') ? image + ":latest" : image;
  }
}
