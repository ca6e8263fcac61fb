package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Batches;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes Jobs' statuses and counts every finished Pod exactly once: its uid goes into the status,
 * then its finalizer goes, then the uid becomes a number (KEP-2307).
 */
final class JobTracking {

  /** How the numbers of Pods change by what was done. */
  record Changes(int created, int deleted, int deletedReady, @Nullable StatusException failure) {}

  private final ControllerContext context;
  private final SharedInformer pods;
  private final Map<String, Failures> failures = new ConcurrentHashMap<>();

  /** By Job, the Pods that were counted: their finalizers are gone, though a cache may lag. */
  private final Map<String, Set<String>> released = new ConcurrentHashMap<>();

  JobTracking(ControllerContext context, SharedInformer pods) {
    this.context = context;
    this.pods = pods;
  }

  /** Failures in a row of a Job, as far as they are counted. */
  Failures failures(String job) {
    return failures.getOrDefault(job, Failures.NONE);
  }

  /** The uids of a Job's Pods that are counted though the cache may show them as before. */
  Set<String> released(String job) {
    return released.getOrDefault(job, Set.of());
  }

  /** A Job is finished or gone. */
  void forget(String job) {
    failures.remove(job);
    released.remove(job);
  }

  /** The cache shows a Pod without its finalizer, or no more. */
  void observed(KubeObject pod) {
    OwnerReference owner = pod.controllerRef();
    Set<String> uids = owner == null ? null : released.get(owner.uid());
    if (uids != null) {
      uids.remove(pod.uid());
    }
  }

  /**
   * One pass.
   *
   * @param cached the Job as the cache has it
   * @param job the same with its start time
   * @param end of the Job; null while it goes on or cannot be told yet
   */
  void settle(
      KubeObject cached,
      KubeObject job,
      JobDecision decision,
      Changes changes,
      Instant now,
      JobDecision.Plan plan,
      @Nullable JobEnd end,
      Failures inRow)
      throws InterruptedException {
    new Accounts(cached, job, decision, changes, now).settle(plan, end, inRow);
  }

  /**
   * One pass of counting: uids of finished Pods into the status, their finalizers away, uids into
   * numbers; then the Job's end.
   */
  private final class Accounts {

    private final KubeObject cached;
    private final KubeObject job;
    private final JobDecision decision;
    private final Changes changes;
    private final String now;
    private final Set<String> tracked = new HashSet<>();

    Accounts(
        KubeObject cached, KubeObject job, JobDecision decision, Changes changes, Instant now) {
      this.cached = cached;
      this.job = job;
      this.decision = decision;
      this.changes = changes;
      this.now = Timestamps.seconds(now);
    }

    void settle(JobDecision.Plan plan, @Nullable JobEnd end, Failures inRow)
        throws InterruptedException {
      Set<String> gone = released(job.uid());
      for (KubeObject pod : Pods.controlledBy(pods, job.uid())) {
        if (JobPods.isTracked(pod) && !gone.contains(pod.uid())) {
          tracked.add(pod.uid());
        }
      }
      JobDecision.Tracking tracking = decision.track(end);
      tracking.release().forEach(pod -> tracked.add(pod.uid()));
      ObjectNode tree = job.mutableTree();
      ObjectNode status = tree.withObject("/status");
      int terminating = numbers(status);
      String notice = plan.managed() && end == null ? suspend(status) : "";
      ObjectNode uncounted = status.withObject("/uncountedTerminatedPods");
      count(status, uncounted);
      append(uncounted, "succeeded", tracking.succeeded());
      append(uncounted, "failed", tracking.failed());
      indexes(status, tracking);
      if (end != null) {
        target(status, end);
      }
      KubeObject written = write(cached, tree);
      if (!notice.isEmpty()) {
        context.events().normal(job, notice, "Job " + notice.toLowerCase(Locale.ROOT));
      }
      failures.put(job.uid(), inRow);
      StatusException failure = release(tracking.release());
      ObjectNode settled = written.mutableTree();
      ObjectNode after = settled.withObject("/status");
      ObjectNode left = after.withObject("/uncountedTerminatedPods");
      count(after, left);
      boolean settledAll =
          failure == null && tracking.whole() && left.isEmpty() && terminating == 0;
      JobEnd over = settledAll ? end : null;
      if (over != null) {
        finish(after, over);
      }
      KubeObject last = write(written, settled);
      if (over != null) {
        announce(last, over);
      }
      if (failure != null) {
        throw failure;
      }
    }

    /** Returns how many Pods are on their way out. */
    private int numbers(ObjectNode status) {
      List<KubeObject> active = decision.count().active;
      int ready = (int) active.stream().filter(Pods::isReady).count() - changes.deletedReady();
      int terminating = decision.count().terminating.size() + changes.deleted();
      Trees.putUnlessZero(status, "active", active.size() + changes.created() - changes.deleted());
      status.put("ready", ready);
      status.put("terminating", terminating);
      return terminating;
    }

    /** Uids whose Pods have no finalizer any more become numbers. */
    private void count(ObjectNode status, ObjectNode uncounted) {
      for (String field : List.of("succeeded", "failed")) {
        ArrayNode waiting = Json.object().putArray(field);
        int counted = 0;
        for (JsonNode uid : uncounted.path(field)) {
          if (tracked.contains(uid.asText())) {
            waiting.add(uid);
          } else {
            counted++;
          }
        }
        if (counted > 0) {
          status.put(field, status.path(field).asInt() + counted);
        }
        uncounted.remove(field);
        if (!waiting.isEmpty()) {
          uncounted.set(field, waiting);
        }
      }
    }

    private void append(ObjectNode uncounted, String field, List<KubeObject> finished) {
      for (KubeObject pod : finished) {
        uncounted.withArray("/" + field).add(pod.uid());
      }
    }

    private void indexes(ObjectNode status, JobDecision.Tracking tracking) {
      if (!JobPods.isIndexed(job)) {
        return;
      }
      Trees.putUnlessZero(status, "succeeded", tracking.completedIndexes().size());
      if (tracking.completedIndexes().isEmpty()) {
        status.remove("completedIndexes");
      } else {
        status.put("completedIndexes", Indexes.format(tracking.completedIndexes()));
      }
      SortedSet<Integer> failed = tracking.failedIndexes();
      if (failed == null) {
        status.remove("failedIndexes");
      } else {
        status.put("failedIndexes", Indexes.format(failed));
      }
    }

    private void target(ObjectNode status, JobEnd end) {
      ArrayNode conditions = status.withArray("/conditions");
      String type = end.success() ? "SuccessCriteriaMet" : "FailureTarget";
      if (!Conditions.isTrue(conditions, type)) {
        set(conditions, type, true, end.reason(), end.message());
      }
    }

    private void finish(ObjectNode status, JobEnd end) {
      set(
          status.withArray("/conditions"),
          end.success() ? "Complete" : "Failed",
          true,
          end.reason(),
          end.message());
      if (end.success()) {
        status.put("completionTime", now);
      }
    }

    private void announce(KubeObject last, JobEnd end) {
      if (!end.success()) {
        context.events().warning(job, end.reason(), end.message());
        return;
      }
      int completions = JobCount.completions(job);
      if (completions >= 0 && last.at("status", "succeeded").asInt() > completions) {
        context
            .events()
            .warning(
                job,
                "TooManySucceededPods",
                "Too many succeeded pods running after completion count reached");
      }
      context.events().normal(job, "Completed", "Job completed");
    }

    private void set(
        ArrayNode conditions, String type, boolean status, String reason, String message) {
      Conditions.set(conditions, type, status ? "True" : "False", reason, message, now)
          .put("lastProbeTime", now);
    }

    /** Returns the reason of the event that tells of a change; empty when there is none. */
    private String suspend(ObjectNode status) {
      boolean suspended = decision.count().isSuspended();
      JsonNode condition = Conditions.find(job.at("status", "conditions"), "Suspended");
      boolean known = condition != null && condition.path("status").asText().equals("True");
      if (suspended == known) {
        return "";
      }
      String verb = suspended ? "Suspended" : "Resumed";
      set(
          status.withArray("/conditions"),
          "Suspended",
          suspended,
          "Job" + verb,
          "Job " + verb.toLowerCase(Locale.ROOT));
      if (suspended) {
        status.remove("startTime");
      } else {
        status.put("startTime", now);
      }
      return verb;
    }

    private @Nullable StatusException release(List<KubeObject> finished)
        throws InterruptedException {
      if (finished.isEmpty()) {
        return null;
      }
      Set<String> gone = released.computeIfAbsent(job.uid(), uid -> ConcurrentHashMap.newKeySet());
      Set<String> done = ConcurrentHashMap.newKeySet();
      Batches.Result result =
          Batches.parallel(
              finished.size(),
              index -> {
                KubeObject pod = finished.get(index);
                gone.add(pod.uid());
                try {
                  removeFinalizer(pod);
                  done.add(pod.uid());
                } catch (StatusException e) {
                  gone.remove(pod.uid());
                  throw e;
                }
              });
      tracked.removeAll(done);
      return result.failure();
    }

    private KubeObject write(KubeObject known, ObjectNode tree) {
      return Trees.same(tree.path("status"), known.at("status"))
          ? known
          : context.client().updateStatus(Resources.JOBS, job.namespace(), job.name(), tree);
    }
  }

  void removeFinalizer(KubeObject pod) {
    ObjectNode patch = Json.object();
    ObjectNode metadata = patch.putObject("metadata").put("uid", pod.uid());
    metadata.putArray("$deleteFromPrimitiveList/finalizers").add(JobPods.TRACKING);
    try {
      context
          .client()
          .patch(
              Resources.PODS,
              pod.namespace(),
              pod.name(),
              "",
              PatchType.STRATEGIC,
              patch,
              WriteOptions.NONE);
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.reason().equals("Invalid")) {
        throw e;
      }
    }
  }
}
