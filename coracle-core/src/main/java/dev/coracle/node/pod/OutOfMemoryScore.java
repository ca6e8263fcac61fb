package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.node.runtime.ContainerResources;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Whom the kernel ends first when the node's memory runs short, by a Pod's class of service (the
 * Kubernetes page "Node-pressure Eviction", node out of memory behavior).
 */
final class OutOfMemoryScore {

  private static final int GUARANTEED = -997;
  private static final int BEST_EFFORT = ContainerResources.BEST_EFFORT_SCORE;
  private static final int NODE_CRITICAL = 2_000_001_000;

  private OutOfMemoryScore() {}

  /**
   * @param capacity the node's memory in bytes
   */
  static int of(JsonNode pod, JsonNode container, long capacity) {
    JsonNode spec = pod.path("spec");
    String quality = pod.path("status").path("qosClass").asText();
    if (spec.path("priority").asInt() >= NODE_CRITICAL || quality.equals("Guaranteed")) {
      return GUARANTEED;
    }
    if (quality.equals("BestEffort") || capacity <= 0) {
      return BEST_EFFORT;
    }
    long extra = shareOfPod(spec);
    long score = score(memory(container) + extra, capacity);
    if (isSidecar(container)) {
      // A sidecar goes no sooner than the containers that it serves.
      long least =
          containers(spec, "containers").mapToLong(OutOfMemoryScore::memory).min().orElse(0);
      score = Math.min(score, score(least + extra, capacity));
    }
    return (int) Math.clamp(score, 1000 + GUARANTEED, BEST_EFFORT - 1);
  }

  private static long score(long request, long capacity) {
    return 1000 - 1000 * request / capacity;
  }

  /** What a Pod asks for beyond its containers belongs to each in equal parts. */
  private static long shareOfPod(JsonNode spec) {
    long wanted = bytes(spec.path("resources").path("requests").path("memory"));
    if (wanted == 0) {
      return 0;
    }
    long asked =
        Stream.concat(
                containers(spec, "containers"),
                containers(spec, "initContainers").filter(OutOfMemoryScore::isSidecar))
            .mapToLong(OutOfMemoryScore::memory)
            .sum();
    long number =
        spec.path("containers").size()
            + containers(spec, "initContainers").filter(OutOfMemoryScore::isSidecar).count();
    return Math.max(0, wanted - asked) / Math.max(1, number);
  }

  private static Stream<JsonNode> containers(JsonNode spec, String list) {
    return StreamSupport.stream(spec.path(list).spliterator(), false);
  }

  private static boolean isSidecar(JsonNode container) {
    return container.path("restartPolicy").asText().equals("Always");
  }

  private static long memory(JsonNode container) {
    return bytes(container.path("resources").path("requests").path("memory"));
  }

  private static long bytes(JsonNode quantity) {
    return quantity.isMissingNode() ? 0 : Quantity.of(quantity).longValue();
  }
}
