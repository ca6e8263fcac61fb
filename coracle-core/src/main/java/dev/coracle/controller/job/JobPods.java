package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Job's Pods: how they are made, and what became of them. */
final class JobPods {

  static final String TRACKING = "batch.kubernetes.io/job-tracking";

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
        || (job.text("spec", "podReplacementPolicy").isEmpty()
            && job.at("spec", "podFailurePolicy").isObject());
  }

  static boolean isIndexed(KubeObject job) {
    return job.text("spec", "completionMode").equals("Indexed");
  }

  /** When the last container ended; the Pod's own deletion, or null, when none says so. */
  static @Nullable Instant finishedAt(KubeObject pod) {
    Instant latest = null;
    for (JsonNode container : pod.at("status", "containerStatuses")) {
      Instant at =
          dev.coracle.api.Timestamps.parse(
              container.path("state").path("terminated").path("finishedAt").asText());
      if (at != null && (latest == null || at.isAfter(latest))) {
        latest = at;
      }
    }
    return latest != null ? latest : dev.coracle.api.Timestamps.parse(pod.deletionTimestamp());
  }

  /**
   * A Pod of a Job.
   *
   * @param index its completion index; -1 for a Job without
   */
  static ObjectNode make(KubeObject job, int index) {
    ObjectNode pod = PodControl.fromTemplate(job, job.at("spec", "template"));
    ObjectNode metadata = pod.withObject("/metadata");
    metadata.withArray("/finalizers").add(TRACKING);
    if (index < 0) {
      return pod;
    }
    String text = Integer.toString(index);
    metadata.withObject("/annotations").put(Indexes.ANNOTATION, text);
    metadata.withObject("/labels").put(Indexes.ANNOTATION, text);
    metadata.put("generateName", job.name() + "-" + index + "-");
    ObjectNode spec = pod.withObject("/spec");
    if (spec.path("hostname").asText("").isEmpty()) {
      spec.put("hostname", job.name() + "-" + index);
    }
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        addIndexVariable((ObjectNode) container);
      }
    }
    return pod;
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
