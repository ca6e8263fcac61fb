package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Job's Pods: how they are made, and what became of them. */
final class JobPods {

  static final String TRACKING = "batch.kubernetes.io/job-tracking";

  /** How many failures of its index came before a Pod: those that count, and those ignored. */
  private static final String FAILURES = "batch.kubernetes.io/job-index-failure-count";

  private static final String IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count";

  /** The longest prefix that the API server leaves as it is when it makes a name. */
  private static final int LONGEST_PREFIX = 58;

  private JobPods() {}

  static boolean isTracked(KubeObject pod) {
    return pod.finalizers().contains(TRACKING);
  }

  /**
   * Whether a Pod counts as failed; one that is being deleted does, unless the Job replaces only
   * Pods that have failed for good.
   */
  static boolean isFailed(KubeObject job, KubeObject pod) {
    String phase = Pods.phase(pod);
    if (phase.equals("Failed")) {
      return true;
    }
    return pod.isDeleting() && !phase.equals("Succeeded") && !replacesOnlyFailed(job);
  }

  static boolean replacesOnlyFailed(KubeObject job) {
    return job.text("spec", "podReplacementPolicy").equals("Failed")
        || job.at("spec", "podFailurePolicy").isObject();
  }

  static boolean isIndexed(KubeObject job) {
    return job.text("spec", "completionMode").equals("Indexed");
  }

  static boolean hasLimitPerIndex(KubeObject job) {
    return isIndexed(job) && job.at("spec", "backoffLimitPerIndex").isNumber();
  }

  /** Failures of the Pod's index before it that count towards the limit per index. */
  static int earlierFailures(KubeObject pod) {
    return number(pod, FAILURES);
  }

  /** All failures of the Pod's index before it. */
  static int allEarlierFailures(KubeObject pod) {
    return number(pod, FAILURES) + number(pod, IGNORED);
  }

  private static int number(KubeObject pod, String annotation) {
    try {
      return Math.max(
          0, Integer.parseInt(pod.at("metadata", "annotations").path(annotation).asText("0")));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /**
   * When a Pod finished: its last container's end; else since when it is not ready; else when its
   * deletion was asked for; else its creation.
   */
  static Instant finishedAt(KubeObject pod) {
    Instant ended = lastContainerEnd(pod);
    if (ended != null) {
      return ended;
    }
    JsonNode ready = Conditions.find(pod.at("status", "conditions"), "Ready");
    if (ready != null && ready.path("status").asText().equals("False")) {
      Instant since = Timestamps.parse(ready.path("lastTransitionTime").asText());
      if (since != null) {
        return since;
      }
    }
    Instant deleted = Timestamps.parse(pod.deletionTimestamp());
    if (deleted != null) {
      return deleted.minusSeconds(pod.at("metadata", "deletionGracePeriodSeconds").asLong());
    }
    Instant created = Timestamps.parse(pod.creationTimestamp());
    return created == null ? Instant.EPOCH : created;
  }

  /** Null while one runs; restartable init containers end last and count too. */
  private static @Nullable Instant lastContainerEnd(KubeObject pod) {
    Set<String> sidecars = new HashSet<>();
    for (JsonNode container : pod.at("spec", "initContainers")) {
      if (container.path("restartPolicy").asText().equals("Always")) {
        sidecars.add(container.path("name").asText());
      }
    }
    Instant latest = null;
    for (String list : List.of("containerStatuses", "initContainerStatuses")) {
      for (JsonNode container : pod.at("status", list)) {
        if (list.startsWith("init") && !sidecars.contains(container.path("name").asText())) {
          continue;
        }
        Instant at = Timestamps.parse(container.at("/state/terminated/finishedAt").asText());
        if (at == null) {
          return null;
        }
        latest = latest == null || at.isAfter(latest) ? at : latest;
      }
    }
    return latest;
  }

  /**
   * A Pod of a Job.
   *
   * @param index its completion index; -1 for a Job without
   * @param replaced the failed Pod of this index that it follows, where failures are counted by
   *     index
   */
  static ObjectNode make(KubeObject job, int index, @Nullable KubeObject replaced) {
    ObjectNode pod = PodControl.fromTemplate(job, job.at("spec", "template"));
    ObjectNode metadata = pod.withObject("/metadata");
    ArrayNode finalizers = metadata.withArray("/finalizers");
    boolean tracked = false;
    for (JsonNode finalizer : finalizers) {
      tracked |= finalizer.asText().equals(TRACKING);
    }
    if (!tracked) {
      finalizers.add(TRACKING);
    }
    if (index < 0) {
      return pod;
    }
    String text = Integer.toString(index);
    ObjectNode annotations = metadata.withObject("/annotations");
    annotations.put(Indexes.ANNOTATION, text);
    if (hasLimitPerIndex(job)) {
      countFailures(job, annotations, replaced);
    }
    metadata.withObject("/labels").put(Indexes.ANNOTATION, text);
    String suffix = "-" + index + "-";
    int length = Math.min(job.name().length(), LONGEST_PREFIX - suffix.length());
    metadata.put("generateName", job.name().substring(0, length) + suffix);
    ObjectNode spec = pod.withObject("/spec");
    spec.put("hostname", job.name() + "-" + index);
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        addIndexVariable((ObjectNode) container);
      }
    }
    return pod;
  }

  private static void countFailures(
      KubeObject job, ObjectNode annotations, @Nullable KubeObject replaced) {
    int failures = 0;
    int ignored = 0;
    if (replaced != null) {
      boolean counts = FailurePolicy.counts(job, replaced);
      failures = number(replaced, FAILURES) + (counts ? 1 : 0);
      ignored = number(replaced, IGNORED) + (counts ? 0 : 1);
    }
    annotations.put(FAILURES, Integer.toString(failures));
    if (ignored > 0) {
      annotations.put(IGNORED, Integer.toString(ignored));
    }
  }

  private static void addIndexVariable(ObjectNode container) {
    ArrayNode env = container.withArray("/env");
    for (JsonNode variable : env) {
      if (variable.path("name").asText().equals("JOB_COMPLETION_INDEX")) {
        return;
      }
    }
    env.addObject()
        .put("name", "JOB_COMPLETION_INDEX")
        .putObject("valueFrom")
        .putObject("fieldRef")
        .put("fieldPath", "metadata.labels['" + Indexes.ANNOTATION + "']");
  }
}
