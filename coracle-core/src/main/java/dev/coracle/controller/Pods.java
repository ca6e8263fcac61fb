package dev.coracle.controller;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What controllers ask of Pods, and the indexes by which they find them. */
public final class Pods {

  private static final String BY_CONTROLLER = "controllerUid";
  private static final String ORPHANS = "orphansOfNamespace";

  private Pods() {}

  /** Gives an informer (of Pods or anything owned) the indexes that this class reads. */
  public static void index(SharedInformer informer) {
    informer.addIndex(
        BY_CONTROLLER,
        object -> {
          OwnerReference owner = object.controllerRef();
          return owner == null ? List.of() : List.of(owner.uid());
        });
    informer.addIndex(
        ORPHANS,
        object -> object.controllerRef() == null ? List.of(object.namespace()) : List.of());
  }

  public static List<KubeObject> controlledBy(SharedInformer informer, String uid) {
    return informer.byIndex(BY_CONTROLLER, uid);
  }

  /** Those of a namespace that no controller manages. */
  public static List<KubeObject> orphans(SharedInformer informer, String namespace) {
    return informer.byIndex(ORPHANS, namespace);
  }

  public static String phase(KubeObject pod) {
    return pod.text("status", "phase");
  }

  public static String nodeName(KubeObject pod) {
    return pod.text("spec", "nodeName");
  }

  public static boolean isFinished(KubeObject pod) {
    String phase = phase(pod);
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  /** Neither finished nor being deleted. */
  public static boolean isActive(KubeObject pod) {
    return !pod.isDeleting() && !isFinished(pod);
  }

  public static boolean isTerminating(KubeObject pod) {
    return pod.isDeleting() && !isFinished(pod);
  }

  public static boolean isReady(KubeObject pod) {
    return Conditions.isTrue(pod.at("status", "conditions"), "Ready");
  }

  /** Since when it is ready; null when it is not. */
  public static @Nullable Instant readySince(KubeObject pod) {
    JsonNode ready = Conditions.find(pod.at("status", "conditions"), "Ready");
    return ready == null || !ready.path("status").asText().equals("True")
        ? null
        : Timestamps.parse(ready.path("lastTransitionTime").asText());
  }

  /** Ready for at least so many seconds. */
  public static boolean isAvailable(KubeObject pod, int minReadySeconds, Instant now) {
    if (!isReady(pod)) {
      return false;
    }
    if (minReadySeconds == 0) {
      return true;
    }
    Instant since = readySince(pod);
    return since != null && !since.plusSeconds(minReadySeconds).isAfter(now);
  }

  /**
   * When the first of those Pods that are ready, but not for long enough yet, will be available.
   *
   * @return null when none of them is on the way
   */
  public static @Nullable Duration availableIn(
      Collection<KubeObject> pods, int minReadySeconds, Instant now) {
    if (minReadySeconds == 0) {
      return null;
    }
    Duration soonest = null;
    for (KubeObject pod : pods) {
      Instant since = readySince(pod);
      if (since == null) {
        continue;
      }
      Duration left = Duration.between(now, since.plusSeconds(minReadySeconds));
      if (left.isPositive() && (soonest == null || left.compareTo(soonest) < 0)) {
        soonest = left;
      }
    }
    return soonest;
  }

  public static int restarts(KubeObject pod) {
    int most = 0;
    for (JsonNode container : pod.at("status", "containerStatuses")) {
      most = Math.max(most, container.path("restartCount").asInt());
    }
    return most;
  }
}
