package dev.coracle.controller.podgc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which Pods nobody else will remove. Pure. */
final class PodGarbage {

  private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

  private PodGarbage() {}

  /** Not ready, and somebody said by a taint that it will not come back. */
  static boolean isOutOfService(KubeObject node) {
    if (Conditions.isTrue(node.at("status", "conditions"), "Ready")) {
      return false;
    }
    for (JsonNode taint : node.at("spec", "taints")) {
      if (taint.path("key").asText().equals(OUT_OF_SERVICE)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a Pod is being deleted and has no node to end it.
   *
   * @param node that the Pod names; null when it names none, or one that is not there (whose Pods
   *     wait until it is sure that it does not come back)
   */
  static boolean isStuck(KubeObject pod, @Nullable KubeObject node) {
    if (!pod.isDeleting()) {
      return false;
    }
    return node == null ? Pods.nodeName(pod).isEmpty() : isOutOfService(node);
  }

  /** The finished Pods beyond a limit: evicted ones first, then the oldest. */
  static List<KubeObject> surplus(List<KubeObject> pods, int limit) {
    List<KubeObject> finished = new ArrayList<>();
    for (KubeObject pod : pods) {
      if (Pods.isFinished(pod)) {
        finished.add(pod);
      }
    }
    finished.sort(
        Comparator.comparing((KubeObject pod) -> !isEvicted(pod))
            .thenComparing(KubeObject::creationTimestamp)
            .thenComparing(KubeObject::name));
    return List.copyOf(finished.subList(0, Math.max(0, finished.size() - limit)));
  }

  private static boolean isEvicted(KubeObject pod) {
    return Pods.phase(pod).equals("Failed") && pod.text("status", "reason").equals("Evicted");
  }
}
