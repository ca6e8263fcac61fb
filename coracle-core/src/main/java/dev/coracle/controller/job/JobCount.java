package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Pods;
import java.util.ArrayList;
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
 * What a Job's Pods come to: which run, which have succeeded or failed since the status was
 * written, and what that means for its indexes. Not to be changed; computed once from the Job and
 * its Pods as the cache shows them.
 */
final class JobCount {

  final KubeObject job;
  final List<KubeObject> pods;
  private final Set<String> released;

  /** Pods that neither finished nor are being deleted. */
  final List<KubeObject> active = new ArrayList<>();

  /** Pods that are being deleted and have not finished. */
  final List<KubeObject> terminating = new ArrayList<>();

  /** Uids that stand in the status until they are a number there. */
  final Set<String> uncountedSucceeded;

  final Set<String> uncountedFailed;
  private final List<KubeObject> succeeded = new ArrayList<>();
  private final List<KubeObject> failed = new ArrayList<>();

  /** All that have succeeded. */
  final SortedSet<Integer> completedIndexes = new TreeSet<>();

  /** All that have failed for good; null without limit per index. */
  final @Nullable SortedSet<Integer> failedIndexes;

  /** By index, the failed Pod that stays until its successor has taken over its failures. */
  final Map<Integer, KubeObject> replaceable;

  /**
   * @param released uids of Pods that were counted already, whatever the cache still shows
   */
  JobCount(KubeObject job, List<KubeObject> pods, Set<String> released) {
    this.job = job;
    this.pods = new ArrayList<>(pods);
    this.released = released;
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

  /** -1 when the Job has none. */
  static int completions(KubeObject job) {
    return job.at("spec", "completions").asInt(-1);
  }

  boolean isSuspended() {
    return job.at("spec", "suspend").asBoolean();
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

  boolean isPending(KubeObject pod) {
    return JobPods.isTracked(pod) && !released.contains(pod.uid());
  }

  boolean isValid(KubeObject pod) {
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

  int succeededTotal() {
    return JobPods.isIndexed(job)
        ? completedIndexes.size()
        : job.at("status", "succeeded").asInt() + uncountedSucceeded.size() + succeeded.size();
  }

  int failedTotal() {
    int counting = (int) failed.stream().filter(pod -> FailurePolicy.counts(job, pod)).count();
    return job.at("status", "failed").asInt() + uncountedFailed.size() + counting;
  }
}
