package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Prefers nodes that have a Pod's images already, the larger the better; an image that few nodes
 * have counts less, so that not all its Pods go there.
 */
public final class ImageLocality implements ScorePlugin {

  private static final long LEAST = 23L << 20;
  private static final long MOST_PER_CONTAINER = 1000L << 20;

  @Override
  public String name() {
    return "ImageLocality";
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    List<String> wanted = new ArrayList<>();
    JsonNode spec = pod.spec();
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        wanted.add(normal(container.path("image").asText()));
      }
    }
    int[] having = new int[wanted.size()];
    boolean any = false;
    for (NodeInfo node : cluster.nodes()) {
      if (node.images().isEmpty()) {
        continue;
      }
      for (int i = 0; i < having.length; i++) {
        if (node.images().containsKey(wanted.get(i))) {
          having[i]++;
          any = true;
        }
      }
    }
    if (!any) {
      return null;
    }
    int all = cluster.nodes().size();
    long most = MOST_PER_CONTAINER * wanted.size();
    long[] scores = new long[nodes.size()];
    for (int n = 0; n < scores.length; n++) {
      long sum = 0;
      for (int i = 0; i < having.length; i++) {
        Long size = nodes.get(n).images().get(wanted.get(i));
        sum += size == null ? 0 : (long) (size * ((double) having[i] / all));
      }
      scores[n] = Scores.MAX * (Math.clamp(sum, LEAST, most) - LEAST) / (most - LEAST);
    }
    return scores;
  }

  private static String normal(String image) {
    return image.lastIndexOf(':') <= image.lastIndexOf('/') ? image + ":latest" : image;
  }
}
