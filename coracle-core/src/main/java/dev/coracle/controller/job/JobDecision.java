package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a Job's Pods mean for the Job: what to count, whether it is over and why, how many Pods to
 * start and which to end. Pure; computed from the Job and its Pods as the cache shows them.
 */
final class JobDecision {

  /** Why a Job ends; the target condition comes first, the final one when no Pod runs any more. */
  record End(boolean success, String reason, String message) {}

  /**
   * What to do.
   *
   * @param succeeded uids of Pods that newly succeeded and are to be counted
   * @param failed uids of Pods that newly failed and are to be counted
   * @param end null while the Job goes on
   * @param create completion indexes to start (-1 each for a Job without indexes)
   * @param delete Pods to end
   * @param delay how long to wait before Pods that failed are replaced; zero when they are now
   */
  record Plan(
      List<KubeObject> succeeded,
      List<KubeObject> failed,
      List<KubeObject> active,
      int terminating,
      SortedSet<Integer> completedIndexes,
      int succeededTotal,
      int failedTotal,
      @Nullable End end,
      List<Integer> create,
      List<KubeObject> delete,
      Duration delay) {}

  private final KubeObject job;
  private final List<KubeObject> pods;
  private final Set<String> released;
  private final Instant now;

  /**
   * @param released uids of Pods that were counted already, whatever the cache still shows
   */
  JobDecision(KubeObject job, List<KubeObject> pods, Set<String> released, Instant now) {
    this.job = job;
    this.pods = pods;
    this.released = released;
    this.now = now;
  }

  static boolean isFinished(KubeObject job) {
    JsonNode conditions = job.at("status", "conditions");
    return Conditions.isTrue(conditions, "Complete") || Conditions.isTrue(conditions, "Failed");
  }

  /** -1 when the Job has none. */
  static int completions(KubeObject job) {
    return job.at("spec", "completions").asInt(-1);
  }

  boolean isSuspended() {
    return job.at("spec", "suspend").asBoolean();
  }

  /**
   * @param mayStart whether the cache shows all that was done before
   * @param backoff how long failed Pods' successors still have to wait
   */
  Plan plan(boolean mayStart, Duration backoff) {
    Set<String> counted = new HashSet<>(released);
    JsonNode uncounted = job.at("status", "uncountedTerminatedPods");
    uncounted.path("succeeded").forEach(uid -> counted.add(uid.asText()));
    uncounted.path("failed").forEach(uid -> counted.add(uid.asText()));
    List<KubeObject> succeeded = new ArrayList<>();
    List<KubeObject> failed = new ArrayList<>();
    List<KubeObject> active = new ArrayList<>();
    int terminating = 0;
    for (KubeObject pod : pods) {
      if (Pods.isTerminating(pod)) {
        terminating++;
      }
      if (Pods.isActive(pod)) {
        active.add(pod);
      } else if (JobPods.isTracked(pod) && !counted.contains(pod.uid())) {
        if (Pods.phase(pod).equals("Succeeded")) {
          succeeded.add(pod);
        } else if (JobPods.isFailed(job, pod)) {
          failed.add(pod);
        }
      }
    }
    SortedSet<Integer> indexes = completedIndexes(succeeded);
    int succeededTotal =
        JobPods.isIndexed(job)
            ? indexes.size()
            : job.at("status", "succeeded").asInt()
                + uncounted.path("succeeded").size()
                + succeeded.size();
    int failedTotal =
        job.at("status", "failed").asInt() + uncounted.path("failed").size() + failed.size();
    End end = end(succeededTotal, failedTotal, active);
    List<KubeObject> delete = new ArrayList<>();
    List<Integer> create = new ArrayList<>();
    Duration wait = Duration.ZERO;
    if (end != null || isSuspended()) {
      delete.addAll(active);
    } else if (mayStart && !job.isDeleting()) {
      int wanted = wantedActive(succeededTotal, active.size());
      if (JobPods.isIndexed(job)) {
        removeExcessIndexes(active, indexes, delete);
      }
      int staying = active.size() - delete.size();
      if (staying > wanted) {
        delete.addAll(lastStarted(active, delete, staying - wanted));
      } else {
        int missing = wanted - staying - (JobPods.replacesOnlyFailed(job) ? terminating : 0);
        if (missing > 0 && backoff.isPositive()) {
          wait = backoff;
        } else {
          addMissing(missing, active, indexes, create);
        }
      }
    }
    return new Plan(
        succeeded,
        failed,
        active,
        terminating,
        indexes,
        succeededTotal,
        failedTotal,
        end,
        create,
        delete,
        wait);
  }

  private SortedSet<Integer> completedIndexes(List<KubeObject> succeeded) {
    SortedSet<Integer> indexes = new TreeSet<>();
    if (JobPods.isIndexed(job)) {
      indexes.addAll(Indexes.parse(job.text("status", "completedIndexes"), completions(job)));
      for (KubeObject pod : succeeded) {
        int index = Indexes.of(pod);
        if (index >= 0 && index < completions(job)) {
          indexes.add(index);
        }
      }
    }
    return indexes;
  }

  private @Nullable End end(int succeeded, int failed, List<KubeObject> active) {
    JsonNode conditions = job.at("status", "conditions");
    JsonNode target = Conditions.find(conditions, "FailureTarget");
    if (target != null && target.path("status").asText().equals("True")) {
      return new End(false, target.path("reason").asText(), target.path("message").asText());
    }
    JsonNode met = Conditions.find(conditions, "SuccessCriteriaMet");
    if (met != null && met.path("status").asText().equals("True")) {
      return new End(true, met.path("reason").asText(), met.path("message").asText());
    }
    int limit = job.at("spec", "backoffLimit").asInt(6);
    if (failed > limit || restartedTooOften(limit, active)) {
      return new End(false, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
    }
    Duration left = deadlineIn();
    if (left != null && !left.isPositive()) {
      return new End(false, "DeadlineExceeded", "Job was active longer than specified deadline");
    }
    int completions = completions(job);
    boolean complete =
        completions < 0 ? succeeded > 0 && active.isEmpty() : succeeded >= completions;
    if (complete && !isSuspended()) {
      return new End(true, "CompletionsReached", "Reached expected number of succeeded pods");
    }
    return null;
  }

  /** With restartPolicy OnFailure, the restarts of Pods that still run count as failures. */
  private boolean restartedTooOften(int limit, List<KubeObject> active) {
    if (!job.text("spec", "template", "spec", "restartPolicy").equals("OnFailure")) {
      return false;
    }
    int restarts = 0;
    for (KubeObject pod : active) {
      String phase = Pods.phase(pod);
      if (phase.equals("Running") || phase.equals("Pending")) {
        for (String list : List.of("initContainerStatuses", "containerStatuses")) {
          for (JsonNode container : pod.at("status", list)) {
            restarts += container.path("restartCount").asInt();
          }
        }
      }
    }
    return limit == 0 ? restarts > 0 : restarts >= limit;
  }

  /** How long the Job may still run; null when it has no deadline or does not run. */
  @Nullable Duration deadlineIn() {
    JsonNode deadline = job.at("spec", "activeDeadlineSeconds");
    Instant started = Timestamps.parse(job.text("status", "startTime"));
    if (!deadline.isNumber() || started == null || isSuspended()) {
      return null;
    }
    return Duration.between(now, started.plusSeconds(deadline.asLong()));
  }

  private int wantedActive(int succeeded, int active) {
    int parallelism = job.at("spec", "parallelism").asInt(1);
    int completions = completions(job);
    if (completions < 0) {
      return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
    }
    return Math.min(Math.max(0, completions - succeeded), parallelism);
  }

  /** Two Pods of one index, or of an index that is done: the later one goes. */
  private void removeExcessIndexes(
      List<KubeObject> active, SortedSet<Integer> completed, List<KubeObject> delete) {
    Set<Integer> seen = new HashSet<>();
    List<KubeObject> oldestFirst = new ArrayList<>(active);
    oldestFirst.sort(java.util.Comparator.comparing(KubeObject::creationTimestamp));
    for (KubeObject pod : oldestFirst) {
      int index = Indexes.of(pod);
      if (index < 0 || index >= completions(job) || completed.contains(index) || !seen.add(index)) {
        delete.add(pod);
      }
    }
  }

  private static List<KubeObject> lastStarted(
      List<KubeObject> active, List<KubeObject> doomed, int count) {
    List<KubeObject> left = new ArrayList<>(active);
    left.removeAll(doomed);
    left.sort(
        java.util.Comparator.comparing((KubeObject pod) -> !Pods.nodeName(pod).isEmpty())
            .thenComparing(pod -> Pods.phase(pod).equals("Running"))
            .thenComparing(Pods::isReady)
            .thenComparing(
                java.util.Comparator.comparing(KubeObject::creationTimestamp).reversed()));
    return left.subList(0, Math.min(count, left.size()));
  }

  private void addMissing(
      int missing, List<KubeObject> active, SortedSet<Integer> completed, List<Integer> create) {
    if (!JobPods.isIndexed(job)) {
      for (int i = 0; i < missing; i++) {
        create.add(-1);
      }
      return;
    }
    Set<Integer> taken = new HashSet<>(completed);
    active.forEach(pod -> taken.add(Indexes.of(pod)));
    if (JobPods.replacesOnlyFailed(job)) {
      pods.stream().filter(Pods::isTerminating).forEach(pod -> taken.add(Indexes.of(pod)));
    }
    for (int index = 0; index < completions(job) && create.size() < missing; index++) {
      if (!taken.contains(index)) {
        create.add(index);
      }
    }
  }
}
