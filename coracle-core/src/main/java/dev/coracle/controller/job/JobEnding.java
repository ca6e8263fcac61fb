package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a Job is over, and why: its policies, limits and deadline. */
final class JobEnding {

  private final JobCount count;
  private final Instant now;

  JobEnding(JobCount count, Instant now) {
    this.count = count;
    this.now = now;
  }

  static boolean isFinished(KubeObject job) {
    JsonNode conditions = job.at("status", "conditions");
    return Conditions.isTrue(conditions, "Complete") || Conditions.isTrue(conditions, "Failed");
  }

  /** Null while it goes on. */
  @Nullable JobEnd end() {
    JsonNode conditions = count.job.at("status", "conditions");
    JsonNode met = Conditions.find(conditions, "SuccessCriteriaMet");
    if (met != null && met.path("status").asText().equals("True")) {
      return new JobEnd(true, met.path("reason").asText(), met.path("message").asText());
    }
    JsonNode target = Conditions.find(conditions, "FailureTarget");
    if (target != null && target.path("status").asText().equals("True")) {
      return new JobEnd(false, target.path("reason").asText(), target.path("message").asText());
    }
    for (KubeObject pod : count.pods) {
      FailurePolicy.Match match =
          JobPods.isFailed(count.job, pod) ? FailurePolicy.match(count.job, pod) : null;
      if (match != null && match.action() == FailurePolicy.Action.FAIL_JOB) {
        return new JobEnd(false, "PodFailurePolicy", match.message());
      }
    }
    int limit = count.job.at("spec", "backoffLimit").asInt(6);
    if (count.failedTotal() > limit || restartedTooOften(limit)) {
      return new JobEnd(
          false, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
    }
    Duration left = deadlineIn();
    if (left != null && !left.isPositive()) {
      return new JobEnd(false, "DeadlineExceeded", "Job was active longer than specified deadline");
    }
    return JobPods.isIndexed(count.job) ? endByIndexes() : null;
  }

  private @Nullable JobEnd endByIndexes() {
    if (count.failedIndexes != null) {
      JsonNode most = count.job.at("spec", "maxFailedIndexes");
      if (most.isNumber() && count.failedIndexes.size() > most.asInt()) {
        return new JobEnd(
            false,
            "MaxFailedIndexesExceeded",
            "Job has exceeded the specified maximal number of failed indexes");
      }
      if (!count.failedIndexes.isEmpty()
          && count.failedIndexes.size() + count.completedIndexes.size()
              >= JobCount.completions(count.job)) {
        return new JobEnd(false, "FailedIndexes", "Job has failed indexes");
      }
    }
    String message = SuccessPolicy.match(count.job, count.completedIndexes);
    return message == null ? null : new JobEnd(true, "SuccessPolicy", message);
  }

  /** Whether enough have succeeded when so many still run; null when it is not over. */
  @Nullable JobEnd completed(int running) {
    int completions = JobCount.completions(count.job);
    int total = count.succeededTotal();
    boolean complete = completions < 0 ? total > 0 : total >= completions;
    return complete && running == 0
        ? new JobEnd(true, "CompletionsReached", "Reached expected number of succeeded pods")
        : null;
  }

  /** With restartPolicy OnFailure, the restarts of Pods that still run count as failures. */
  private boolean restartedTooOften(int limit) {
    if (!count.job.text("spec", "template", "spec", "restartPolicy").equals("OnFailure")) {
      return false;
    }
    int restarts = 0;
    for (KubeObject pod : count.pods) {
      if (Pods.isFinished(pod)) {
        continue;
      }
      for (String list : List.of("initContainerStatuses", "containerStatuses")) {
        for (JsonNode container : pod.at("status", list)) {
          restarts += container.path("restartCount").asInt();
        }
      }
    }
    return limit == 0 ? restarts > 0 : restarts >= limit;
  }

  /** How long the Job may still run; null when it has no deadline or does not run. */
  @Nullable Duration deadlineIn() {
    JsonNode deadline = count.job.at("spec", "activeDeadlineSeconds");
    Instant started = Timestamps.parse(count.job.text("status", "startTime"));
    if (!deadline.isNumber() || started == null || count.isSuspended()) {
      return null;
    }
    return Duration.between(now, started.plusSeconds(deadline.asLong()));
  }
}
