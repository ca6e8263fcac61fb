package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import dev.coracle.controller.replicaset.PodRanking;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a Job's Pods mean for the Job: whether it is over and why, how many Pods to start and which
 * to end ({@link #plan}), and what to count ({@link #track}). Pure; computed from the Job and its
 * Pods as the cache shows them.
 */
final class JobDecision {

  /** So many uids at most stand in a status at once. */
  static final int MOST_UNCOUNTED = 500;

  private static final int BURST = 500;

  /** Why a Job ends; the target condition comes first, the final one when no Pod runs any more. */
  record End(boolean success, String reason, String message) {}

  /**
   * A Pod to start.
   *
   * @param index -1 for a Job without indexes
   * @param replaced the failed Pod whose failures the new one carries on, where they are counted by
   *     index
   */
  record Creation(int index, @Nullable KubeObject replaced) {}

  /**
   * What to do.
   *
   * @param end null while the Job goes on
   * @param delete Pods to end: uncounted ones when the Job goes on, else they count as it ends
   * @param managed whether the Job's Pods are as the spec says after this
   * @param delay how long to wait before Pods that failed are replaced; zero when they are now
   */
  record Plan(
      @Nullable End end,
      List<Creation> create,
      List<KubeObject> delete,
      boolean managed,
      Duration delay) {}

  /**
   * What to count.
   *
   * @param release Pods whose finalizer may go after their uids stand in the status
   * @param succeeded those of them that are new successes (without indexes)
   * @param failed those of them that are new failures
   * @param completedIndexes all that have succeeded
   * @param failedIndexes all that have failed; null without limit per index
   * @param whole whether no Pod was left for the next time
   */
  record Tracking(
      List<KubeObject> release,
      List<KubeObject> succeeded,
      List<KubeObject> failed,
      SortedSet<Integer> completedIndexes,
      @Nullable SortedSet<Integer> failedIndexes,
      boolean whole) {}

  private final KubeObject job;
  private final List<KubeObject> pods;
  private final Set<String> released;
  private final Instant now;
  private final List<KubeObject> active = new ArrayList<>();
  private final List<KubeObject> terminating = new ArrayList<>();
  private final Set<String> uncountedSucceeded;
  private final Set<String> uncountedFailed;
  private final List<KubeObject> succeeded;
  private final List<KubeObject> failed;
  private final SortedSet<Integer> completedIndexes = new TreeSet<>();
  private final @Nullable SortedSet<Integer> failedIndexes;
  private final Map<Integer, KubeObject> replaceable;

  /**
   * @param released uids of Pods that were counted already, whatever the cache still shows
   */
  JobDecision(KubeObject job, List<KubeObject> pods, Set<String> released, Instant now) {
    this.job = job;
    this.pods = new ArrayList<>(pods);
    this.released = released;
    this.now = now;
    this.pods.sort(Comparator.comparingInt(Indexes::of));
    for (KubeObject pod : this.pods) {
      if (Pods.isTerminating(pod)) {
        terminating.add(pod);
      } else if (Pods.isActive(pod)) {
        active.add(pod);
      }
    }
    JsonNode uncounted = job.at("status", "uncountedTerminatedPods");
    this.uncountedSucceeded = texts(uncounted.path("succeeded"));
    this.uncountedFailed = texts(uncounted.path("failed"));
    this.succeeded = new ArrayList<>();
    this.failed = new ArrayList<>();
    for (KubeObject pod : this.pods) {
      if (isPending(pod) && isValid(pod)) {
        if (Pods.phase(pod).equals("Succeeded")) {
          if (!uncountedSucceeded.contains(pod.uid())) {
            succeeded.add(pod);
          }
        } else if (JobPods.isFailed(job, pod) && !uncountedFailed.contains(pod.uid())) {
          failed.add(pod);
        }
      }
    }
    if (JobPods.isIndexed(job)) {
      completedIndexes.addAll(
          Indexes.parse(job.text("status", "completedIndexes"), completions(job)));
      succeeded.forEach(pod -> completedIndexes.add(Indexes.of(pod)));
    }
    this.failedIndexes = JobPods.hasLimitPerIndex(job) ? findFailedIndexes() : null;
    this.replaceable = failedIndexes == null ? Map.of() : findReplaceable(failedIndexes);
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

  /** Pods that neither finished nor are being deleted. */
  List<KubeObject> active() {
    return Collections.unmodifiableList(active);
  }

  /** How many Pods are being deleted and have not finished. */
  int terminating() {
    return terminating.size();
  }

  /** Failures in a row, with the Pods that finished since. */
  Failures failures(Failures known) {
    return known.with(succeeded, failed);
  }

  private static Set<String> texts(JsonNode array) {
    Set<String> texts = new HashSet<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private boolean isPending(KubeObject pod) {
    return JobPods.isTracked(pod) && !released.contains(pod.uid());
  }

  private boolean isValid(KubeObject pod) {
    int index = Indexes.of(pod);
    return !JobPods.isIndexed(job) || (index >= 0 && index < completions(job));
  }

  private SortedSet<Integer> findFailedIndexes() {
    SortedSet<Integer> indexes =
        Indexes.parse(job.text("status", "failedIndexes"), completions(job));
    int limit = job.at("spec", "backoffLimitPerIndex").asInt();
    for (KubeObject pod : pods) {
      if (!JobPods.isTracked(pod) || !isValid(pod) || !JobPods.isFailed(job, pod)) {
        continue;
      }
      FailurePolicy.Match match = FailurePolicy.match(job, pod);
      FailurePolicy.Action action = match == null ? FailurePolicy.Action.COUNT : match.action();
      if (action == FailurePolicy.Action.FAIL_INDEX
          || (action != FailurePolicy.Action.IGNORE && JobPods.earlierFailures(pod) >= limit)) {
        indexes.add(Indexes.of(pod));
      }
    }
    return indexes;
  }

  /** By index, the failed Pod that stays until its successor has taken over its failures. */
  private Map<Integer, KubeObject> findReplaceable(SortedSet<Integer> failedForGood) {
    Set<Integer> done = new HashSet<>(completedIndexes);
    done.addAll(failedForGood);
    active.forEach(pod -> done.add(Indexes.of(pod)));
    Map<Integer, KubeObject> found = new HashMap<>();
    for (KubeObject pod : pods) {
      int index = Indexes.of(pod);
      if (!isPending(pod) || !isValid(pod) || !JobPods.isFailed(job, pod) || done.contains(index)) {
        continue;
      }
      found.merge(
          index,
          pod,
          (one, other) ->
              JobPods.allEarlierFailures(one) <= JobPods.allEarlierFailures(other)
                      && !JobPods.finishedAt(other).isBefore(JobPods.finishedAt(one))
                  ? other
                  : one);
    }
    return found;
  }

  private int succeededTotal() {
    return JobPods.isIndexed(job)
        ? completedIndexes.size()
        : job.at("status", "succeeded").asInt() + uncountedSucceeded.size() + succeeded.size();
  }

  private int failedTotal() {
    int counting = (int) failed.stream().filter(pod -> FailurePolicy.counts(job, pod)).count();
    return job.at("status", "failed").asInt() + uncountedFailed.size() + counting;
  }

  /**
   * @param mayStart whether the cache shows all that was done before
   * @param failures failures in a row, those of the Pods here included
   */
  Plan plan(boolean mayStart, Failures failures) {
    End end = end();
    if (end != null) {
      return new Plan(end, List.of(), active(), false, Duration.ZERO);
    }
    if (!mayStart || job.isDeleting()) {
      return new Plan(completed(active.size()), List.of(), List.of(), false, Duration.ZERO);
    }
    int wanted = isSuspended() ? 0 : wantedActive();
    List<KubeObject> delete = toRemove(Math.max(0, active.size() - wanted));
    if (!delete.isEmpty()) {
      End done = completed(active.size() - delete.size());
      return new Plan(done, List.of(), delete, true, Duration.ZERO);
    }
    int missing =
        wanted - active.size() - (JobPods.replacesOnlyFailed(job) ? terminating.size() : 0);
    if (isSuspended() || missing <= 0) {
      return new Plan(completed(active.size()), List.of(), List.of(), true, Duration.ZERO);
    }
    return start(Math.min(missing, BURST), failures);
  }

  private Plan start(int missing, Failures failures) {
    Duration wait = failedIndexes == null ? failures.remaining(now) : Duration.ZERO;
    List<Creation> create = new ArrayList<>();
    if (!wait.isPositive()) {
      if (JobPods.isIndexed(job)) {
        wait = addIndexes(missing, create);
      } else {
        create.addAll(Collections.nCopies(missing, new Creation(-1, null)));
      }
    }
    return new Plan(null, create, List.of(), true, wait);
  }

  /**
   * The lowest indexes of which no Pod runs; where failures are counted by index each waits for
   * itself.
   *
   * @return how long the first of those that wait still has to
   */
  private Duration addIndexes(int missing, List<Creation> create) {
    Set<Integer> taken = new HashSet<>(completedIndexes);
    active.forEach(pod -> taken.add(Indexes.of(pod)));
    if (JobPods.replacesOnlyFailed(job)) {
      terminating.forEach(pod -> taken.add(Indexes.of(pod)));
    }
    if (failedIndexes != null) {
      taken.addAll(failedIndexes);
    }
    Duration wait = Duration.ZERO;
    int found = 0;
    for (int index = 0; index < completions(job) && found < missing; index++) {
      if (taken.contains(index)) {
        continue;
      }
      found++;
      KubeObject replaced = replaceable.get(index);
      Duration left =
          replaced == null
              ? Duration.ZERO
              : new Failures(JobPods.allEarlierFailures(replaced) + 1, JobPods.finishedAt(replaced))
                  .remaining(now);
      if (!left.isPositive()) {
        create.add(new Creation(index, replaced));
      } else if (wait.isZero() || left.compareTo(wait) < 0) {
        wait = left;
      }
    }
    return wait;
  }

  private @Nullable End end() {
    JsonNode conditions = job.at("status", "conditions");
    JsonNode met = Conditions.find(conditions, "SuccessCriteriaMet");
    if (met != null && met.path("status").asText().equals("True")) {
      return new End(true, met.path("reason").asText(), met.path("message").asText());
    }
    JsonNode target = Conditions.find(conditions, "FailureTarget");
    if (target != null && target.path("status").asText().equals("True")) {
      return new End(false, target.path("reason").asText(), target.path("message").asText());
    }
    for (KubeObject pod : pods) {
      FailurePolicy.Match match = JobPods.isFailed(job, pod) ? FailurePolicy.match(job, pod) : null;
      if (match != null && match.action() == FailurePolicy.Action.FAIL_JOB) {
        return new End(false, "PodFailurePolicy", match.message());
      }
    }
    int limit = job.at("spec", "backoffLimit").asInt(6);
    if (failedTotal() > limit || restartedTooOften(limit)) {
      return new End(false, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
    }
    Duration left = deadlineIn();
    if (left != null && !left.isPositive()) {
      return new End(false, "DeadlineExceeded", "Job was active longer than specified deadline");
    }
    return JobPods.isIndexed(job) ? endByIndexes() : null;
  }

  private @Nullable End endByIndexes() {
    if (failedIndexes != null) {
      JsonNode most = job.at("spec", "maxFailedIndexes");
      if (most.isNumber() && failedIndexes.size() > most.asInt()) {
        return new End(
            false,
            "MaxFailedIndexesExceeded",
            "Job has exceeded the specified maximal number of failed indexes");
      }
      if (!failedIndexes.isEmpty()
          && failedIndexes.size() + completedIndexes.size() >= completions(job)) {
        return new End(false, "FailedIndexes", "Job has failed indexes");
      }
    }
    String message = SuccessPolicy.match(job, completedIndexes);
    return message == null ? null : new End(true, "SuccessPolicy", message);
  }

  private @Nullable End completed(int running) {
    int completions = completions(job);
    int total = succeededTotal();
    boolean complete = completions < 0 ? total > 0 : total >= completions;
    return complete && running == 0
        ? new End(true, "CompletionsReached", "Reached expected number of succeeded pods")
        : null;
  }

  /** With restartPolicy OnFailure, the restarts of Pods that still run count as failures. */
  private boolean restartedTooOften(int limit) {
    if (!job.text("spec", "template", "spec", "restartPolicy").equals("OnFailure")) {
      return false;
    }
    int restarts = 0;
    for (KubeObject pod : pods) {
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
    JsonNode deadline = job.at("spec", "activeDeadlineSeconds");
    Instant started = Timestamps.parse(job.text("status", "startTime"));
    if (!deadline.isNumber() || started == null || isSuspended()) {
      return null;
    }
    return Duration.between(now, started.plusSeconds(deadline.asLong()));
  }

  private int wantedActive() {
    int parallelism = job.at("spec", "parallelism").asInt(1);
    int completions = completions(job);
    if (completions < 0) {
      return succeededTotal() > 0 ? active.size() : parallelism;
    }
    return Math.min(Math.max(0, completions - succeededTotal()), parallelism);
  }

  /** At least so many; all that have a wrong index, or one that another has too. */
  private List<KubeObject> toRemove(int atLeast) {
    List<KubeObject> remove = new ArrayList<>();
    List<KubeObject> left = new ArrayList<>(active);
    if (JobPods.isIndexed(job)) {
      left.clear();
      Map<Integer, List<KubeObject>> byIndex = new HashMap<>();
      for (KubeObject pod : active) {
        if (isValid(pod)) {
          byIndex.computeIfAbsent(Indexes.of(pod), index -> new ArrayList<>()).add(pod);
        } else {
          remove.add(pod);
        }
      }
      for (List<KubeObject> same : byIndex.values()) {
        List<KubeObject> surplus = PodRanking.toDelete(same, active, same.size() - 1, now);
        remove.addAll(surplus);
        same.stream().filter(pod -> !surplus.contains(pod)).forEach(left::add);
      }
    }
    if (remove.size() < atLeast) {
      remove.addAll(PodRanking.toDelete(left, active, atLeast - remove.size(), now));
    }
    return remove.size() > BURST ? remove.subList(0, BURST) : remove;
  }

  /**
   * @param end of the Job, when all that still ran has been told to end
   */
  Tracking track(@Nullable End end) {
    SortedSet<Integer> before =
        JobPods.isIndexed(job)
            ? Indexes.parse(job.text("status", "completedIndexes"), completions(job))
            : Collections.emptySortedSet();
    List<KubeObject> release = new ArrayList<>();
    List<KubeObject> newSucceeded = new ArrayList<>();
    List<KubeObject> newFailed = new ArrayList<>();
    int listed = uncountedSucceeded.size() + uncountedFailed.size();
    for (KubeObject pod : pods) {
      boolean hasFailed = JobPods.isFailed(job, pod);
      if (!isPending(pod) || !mayRelease(pod, end, hasFailed)) {
        continue;
      }
      if (listed >= MOST_UNCOUNTED) {
        return new Tracking(
            release, newSucceeded, newFailed, completedIndexes, failedIndexes, false);
      }
      release.add(pod);
      if (Pods.phase(pod).equals("Succeeded") && !uncountedFailed.contains(pod.uid())) {
        if (JobPods.isIndexed(job)) {
          listed += isValid(pod) && !before.contains(Indexes.of(pod)) ? 1 : 0;
        } else if (!uncountedSucceeded.contains(pod.uid())) {
          newSucceeded.add(pod);
          listed++;
        }
      } else if ((hasFailed || (end != null && !end.success()))
          && !uncountedFailed.contains(pod.uid())
          && isValid(pod)
          && FailurePolicy.counts(job, pod)) {
        newFailed.add(pod);
        listed++;
      }
    }
    return new Tracking(release, newSucceeded, newFailed, completedIndexes, failedIndexes, true);
  }

  private boolean mayRelease(KubeObject pod, @Nullable End end, boolean hasFailed) {
    if (job.isDeleting() || end != null || Pods.phase(pod).equals("Succeeded")) {
      return true;
    }
    if (!hasFailed) {
      return false;
    }
    KubeObject waiting = replaceable.get(Indexes.of(pod));
    return waiting == null || !waiting.uid().equals(pod.uid());
  }
}
