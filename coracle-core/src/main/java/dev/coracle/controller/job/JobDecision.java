package dev.coracle.controller.job;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Pods;
import dev.coracle.controller.replicaset.PodRanking;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * What a Job's Pods mean for the Job: whether it is over ({@link JobEnding}), how many Pods to
 * start and which to end ({@link #plan}), and what to count ({@link #track}). Pure; computed from
 * the Job and its Pods as the cache shows them.
 */
final class JobDecision {

  /** So many uids at most stand in a status at once. */
  static final int MOST_UNCOUNTED = 500;

  private static final int BURST = 500;

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
      @Nullable JobEnd end,
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

  private final JobCount count;
  private final JobEnding ending;
  private final Instant now;

  /**
   * @param released uids of Pods that were counted already, whatever the cache still shows
   */
  JobDecision(KubeObject job, List<KubeObject> pods, Set<String> released, Instant now) {
    this.count = new JobCount(job, pods, released);
    this.ending = new JobEnding(count, now);
    this.now = now;
  }

  /** What it is decided by. */
  JobCount count() {
    return count;
  }

  /** How long the Job may still run; null when it has no deadline or does not run. */
  @Nullable Duration deadlineIn() {
    return ending.deadlineIn();
  }

  /**
   * @param mayStart whether the cache shows all that was done before
   * @param failures failures in a row, those of the Pods here included
   */
  Plan plan(boolean mayStart, Failures failures) {
    JobEnd end = ending.end();
    if (end != null) {
      return new Plan(
          end, List.of(), Collections.unmodifiableList(count.active), false, Duration.ZERO);
    }
    if (!mayStart || count.job.isDeleting()) {
      return new Plan(
          ending.completed(count.active.size()), List.of(), List.of(), false, Duration.ZERO);
    }
    int wanted = count.isSuspended() ? 0 : wantedActive();
    List<KubeObject> delete = toRemove(Math.max(0, count.active.size() - wanted));
    if (!delete.isEmpty()) {
      JobEnd done = ending.completed(count.active.size() - delete.size());
      return new Plan(done, List.of(), delete, true, Duration.ZERO);
    }
    int missing =
        wanted
            - count.active.size()
            - (JobPods.replacesOnlyFailed(count.job) ? count.terminating.size() : 0);
    if (count.isSuspended() || missing <= 0) {
      return new Plan(
          ending.completed(count.active.size()), List.of(), List.of(), true, Duration.ZERO);
    }
    return start(Math.min(missing, BURST), failures);
  }

  private Plan start(int missing, Failures failures) {
    Duration wait = count.failedIndexes == null ? failures.remaining(now) : Duration.ZERO;
    List<Creation> create = new ArrayList<>();
    if (!wait.isPositive()) {
      if (JobPods.isIndexed(count.job)) {
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
    Set<Integer> taken = new HashSet<>(count.completedIndexes);
    count.active.forEach(pod -> taken.add(Indexes.of(pod)));
    if (JobPods.replacesOnlyFailed(count.job)) {
      count.terminating.forEach(pod -> taken.add(Indexes.of(pod)));
    }
    if (count.failedIndexes != null) {
      taken.addAll(count.failedIndexes);
    }
    Duration wait = Duration.ZERO;
    int found = 0;
    for (int index = 0; index < JobCount.completions(count.job) && found < missing; index++) {
      if (taken.contains(index)) {
        continue;
      }
      found++;
      KubeObject replaced = count.replaceable.get(index);
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

  private int wantedActive() {
    int parallelism = count.job.at("spec", "parallelism").asInt(1);
    int completions = JobCount.completions(count.job);
    if (completions < 0) {
      return count.succeededTotal() > 0 ? count.active.size() : parallelism;
    }
    return Math.min(Math.max(0, completions - count.succeededTotal()), parallelism);
  }

  /** At least so many; all that have a wrong index, or one that another has too. */
  private List<KubeObject> toRemove(int atLeast) {
    List<KubeObject> remove = new ArrayList<>();
    List<KubeObject> left = new ArrayList<>(count.active);
    if (JobPods.isIndexed(count.job)) {
      left.clear();
      Map<Integer, List<KubeObject>> byIndex = new HashMap<>();
      for (KubeObject pod : count.active) {
        if (count.isValid(pod)) {
          byIndex.computeIfAbsent(Indexes.of(pod), index -> new ArrayList<>()).add(pod);
        } else {
          remove.add(pod);
        }
      }
      for (List<KubeObject> same : byIndex.values()) {
        List<KubeObject> surplus = PodRanking.toDelete(same, count.active, same.size() - 1, now);
        remove.addAll(surplus);
        same.stream().filter(pod -> !surplus.contains(pod)).forEach(left::add);
      }
    }
    if (remove.size() < atLeast) {
      remove.addAll(PodRanking.toDelete(left, count.active, atLeast - remove.size(), now));
    }
    return remove.size() > BURST ? remove.subList(0, BURST) : remove;
  }

  /**
   * @param end of the Job, when all that still ran has been told to end
   */
  Tracking track(@Nullable JobEnd end) {
    SortedSet<Integer> before =
        JobPods.isIndexed(count.job)
            ? Indexes.parse(
                count.job.text("status", "completedIndexes"), JobCount.completions(count.job))
            : Collections.emptySortedSet();
    List<KubeObject> release = new ArrayList<>();
    List<KubeObject> newSucceeded = new ArrayList<>();
    List<KubeObject> newFailed = new ArrayList<>();
    int listed = count.uncountedSucceeded.size() + count.uncountedFailed.size();
    for (KubeObject pod : count.pods) {
      boolean hasFailed = JobPods.isFailed(count.job, pod);
      if (!count.isPending(pod) || !mayRelease(pod, end, hasFailed)) {
        continue;
      }
      if (listed >= MOST_UNCOUNTED) {
        return new Tracking(
            release, newSucceeded, newFailed, count.completedIndexes, count.failedIndexes, false);
      }
      release.add(pod);
      if (Pods.phase(pod).equals("Succeeded") && !count.uncountedFailed.contains(pod.uid())) {
        if (JobPods.isIndexed(count.job)) {
          listed += count.isValid(pod) && !before.contains(Indexes.of(pod)) ? 1 : 0;
        } else if (!count.uncountedSucceeded.contains(pod.uid())) {
          newSucceeded.add(pod);
          listed++;
        }
      } else if ((hasFailed || (end != null && !end.success()))
          && !count.uncountedFailed.contains(pod.uid())
          && count.isValid(pod)
          && FailurePolicy.counts(count.job, pod)) {
        newFailed.add(pod);
        listed++;
      }
    }
    return new Tracking(
        release, newSucceeded, newFailed, count.completedIndexes, count.failedIndexes, true);
  }

  private boolean mayRelease(KubeObject pod, @Nullable JobEnd end, boolean hasFailed) {
    if (count.job.isDeleting() || end != null || Pods.phase(pod).equals("Succeeded")) {
      return true;
    }
    if (!hasFailed) {
      return false;
    }
    KubeObject waiting = count.replaceable.get(Indexes.of(pod));
    return waiting == null || !waiting.uid().equals(pod.uid());
  }
}
