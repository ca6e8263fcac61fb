package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Batches;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs Jobs. Every finished Pod is counted exactly once: its uid goes into the status, then its
 * finalizer goes, then the uid becomes a number.
 */
public final class JobController implements Controller {

  private sealed interface Key {
    record Job(ObjectKey key) implements Key {}

    /** A Pod with the tracking finalizer whose Job is gone. */
    record Orphan(ObjectKey key) implements Key {}
  }

  private final ControllerContext context;
  private final SharedInformer jobs;
  private final SharedInformer pods;
  private final PodControl podControl;
  private final Expectations expectations;
  private final Map<String, Failures> failures = new ConcurrentHashMap<>();

  /** By Job, the Pods that were counted: their finalizers are gone, though a cache may lag. */
  private final Map<String, Set<String>> released = new ConcurrentHashMap<>();

  private final Work<Key> work;

  public JobController(ControllerContext context) {
    this.context = context;
    this.jobs = context.informers().of(Resources.JOBS);
    this.pods = context.informers().of(Resources.PODS);
    this.podControl = new PodControl(context);
    this.expectations = new Expectations();
    this.work = new Work<>(name(), context.clock(), 5, this::sync);
  }

  @Override
  public String name() {
    return "job-controller";
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(pods);
    jobs.awaitSync();
    work.watch(jobs, new JobHandler());
    work.watch(pods, new PodHandler());
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void enqueue(KubeObject job) {
    work.queue().add(new Key.Job(ObjectKey.of(job)));
  }

  private final class JobHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject job) {
      enqueue(job);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      enqueue(now);
    }

    @Override
    public void deleted(KubeObject last) {
      expectations.forget(ObjectKey.of(last));
      failures.remove(last.uid());
      released.remove(last.uid());
      for (KubeObject pod : Pods.controlledBy(pods, last.uid())) {
        if (JobPods.isTracked(pod)) {
          work.queue().add(new Key.Orphan(ObjectKey.of(pod)));
        }
      }
    }
  }

  private final class PodHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject pod) {
      KubeObject job = jobOf(pod);
      if (job != null) {
        if (pod.isDeleting()) {
          expectations.deletionObserved(ObjectKey.of(job), pod.uid());
        } else {
          expectations.creationObserved(ObjectKey.of(job));
        }
        enqueue(job);
        enqueueIfUncounted(job, pod);
      } else if (JobPods.isTracked(pod)) {
        work.queue().add(new Key.Orphan(ObjectKey.of(pod)));
      } else if (pod.controllerRef() == null) {
        enqueueMatching(pod);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      KubeObject job = jobOf(now);
      if (!JobPods.isTracked(now)) {
        forgetReleased(now);
      }
      if (job != null) {
        if (now.isDeleting()) {
          expectations.deletionObserved(ObjectKey.of(job), now.uid());
        }
        enqueue(job);
        enqueueIfUncounted(job, now);
      } else if (JobPods.isTracked(now)) {
        work.queue().add(new Key.Orphan(ObjectKey.of(now)));
      } else if (now.controllerRef() == null && !before.labels().equals(now.labels())) {
        enqueueMatching(now);
      }
      KubeObject former = jobOf(before);
      if (former != null && former != job) {
        enqueue(former);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      forgetReleased(last);
      KubeObject job = jobOf(last);
      if (job != null) {
        expectations.deletionObserved(ObjectKey.of(job), last.uid());
        enqueue(job);
      }
    }
  }

  /** The cache shows it now. */
  private void forgetReleased(KubeObject pod) {
    OwnerReference owner = pod.controllerRef();
    Set<String> uids = owner == null ? null : released.get(owner.uid());
    if (uids != null) {
      uids.remove(pod.uid());
    }
  }

  private @Nullable KubeObject jobOf(KubeObject pod) {
    OwnerReference owner = pod.controllerRef();
    if (owner == null || !owner.kind().equals("Job")) {
      return null;
    }
    KubeObject job = jobs.get(pod.namespace(), owner.name());
    return job != null && job.uid().equals(owner.uid()) ? job : null;
  }

  private void enqueueMatching(KubeObject orphan) {
    for (KubeObject job : jobs.list(orphan.namespace())) {
      if (LabelSelector.of(job.at("spec", "selector")).matches(orphan.labels())) {
        enqueue(job);
      }
    }
  }

  private void sync(Key key) throws InterruptedException {
    switch (key) {
      case Key.Job(ObjectKey job) -> syncJob(job);
      case Key.Orphan(ObjectKey pod) -> syncOrphan(pod);
    }
  }

  /** Whether the Job still counts its Pods, so that they must wait for it. */
  private static boolean counts(@Nullable KubeObject job) {
    return job != null && (!JobDecision.isFinished(job) || isManagedElsewhere(job));
  }

  private void enqueueIfUncounted(KubeObject job, KubeObject pod) {
    if (JobPods.isTracked(pod) && !counts(job)) {
      work.queue().add(new Key.Orphan(ObjectKey.of(pod)));
    }
  }

  private void syncOrphan(ObjectKey key) {
    KubeObject pod = pods.get(key.namespace(), key.name());
    if (pod == null || !JobPods.isTracked(pod) || counts(jobOf(pod))) {
      return;
    }
    OwnerReference owner = pod.controllerRef();
    if (owner != null && owner.kind().equals("Job")) {
      KubeObject job = context.client().find(Resources.JOBS, key.namespace(), owner.name());
      if (job != null && job.uid().equals(owner.uid()) && counts(job)) {
        return;
      }
    }
    removeFinalizer(pod);
  }

  private void syncJob(ObjectKey key) throws InterruptedException {
    KubeObject job = jobs.get(key.namespace(), key.name());
    if (job == null) {
      expectations.forget(key);
      return;
    }
    if (isManagedElsewhere(job)) {
      return;
    }
    if (JobDecision.isFinished(job)) {
      released.remove(job.uid());
      failures.remove(job.uid());
      Pods.controlledBy(pods, job.uid()).forEach(pod -> enqueueIfUncounted(job, pod));
      return;
    }
    boolean mayStart = expectations.satisfied(key);
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(pods, job.uid()));
    candidates.addAll(Pods.orphans(pods, key.namespace()));
    List<KubeObject> claimed =
        Owners.claim(
            context.client(),
            Resources.JOBS,
            job,
            LabelSelector.of(job.at("spec", "selector")),
            Resources.PODS,
            candidates);
    Instant now = context.clock().instant();
    KubeObject started = start(job, now);
    JobDecision decision =
        new JobDecision(started, claimed, released.getOrDefault(job.uid(), Set.of()), now);
    Failures inRow = decision.failures(failures.getOrDefault(job.uid(), Failures.NONE));
    JobDecision.Plan plan = decision.plan(mayStart, inRow);
    if (plan.delay().isPositive()) {
      work.queue().addAfter(new Key.Job(key), plan.delay());
    }
    Changes changes = carryOut(key, started, plan);
    JobDecision.End end = plan.end();
    if (end != null && (changes.failure != null || !mayStart)) {
      end = null;
    }
    new Accounts(job, started, decision, changes, now).settle(plan, end, inRow);
    Duration deadline = decision.deadlineIn();
    if (deadline != null && deadline.isPositive() && plan.end() == null) {
      work.queue().addAfter(new Key.Job(key), deadline);
    }
    if (changes.failure != null) {
      throw changes.failure;
    }
  }

  private static boolean isManagedElsewhere(KubeObject job) {
    String manager = job.text("spec", "managedBy");
    return !manager.isEmpty() && !manager.equals("kubernetes.io/job-controller");
  }

  /** The Job with its start time, which the next write carries. */
  private static KubeObject start(KubeObject job, Instant now) {
    if (job.at("spec", "suspend").asBoolean() || !job.text("status", "startTime").isEmpty()) {
      return job;
    }
    ObjectNode tree = job.mutableTree();
    tree.withObject("/status").put("startTime", Timestamps.seconds(now));
    return KubeObject.of(tree);
  }

  /** How the numbers of Pods change by what was done. */
  private record Changes(
      int created, int deleted, int deletedReady, @Nullable StatusException failure) {}

  private Changes carryOut(ObjectKey key, KubeObject job, JobDecision.Plan plan)
      throws InterruptedException {
    List<KubeObject> doomed = plan.delete();
    if (!doomed.isEmpty()) {
      boolean counted = plan.end() != null && !plan.managed();
      AtomicInteger ready = new AtomicInteger();
      if (!counted) {
        expectations.expectDeletions(key, doomed.stream().map(KubeObject::uid).toList());
      }
      Batches.Result result =
          Batches.parallel(
              doomed.size(),
              index -> {
                KubeObject pod = doomed.get(index);
                try {
                  if (!counted) {
                    removeFinalizer(pod);
                  }
                  podControl.delete(job, pod);
                } catch (StatusException e) {
                  expectations.deletionObserved(key, pod.uid());
                  throw e;
                }
                if (Pods.isReady(pod)) {
                  ready.incrementAndGet();
                }
              });
      return new Changes(0, result.succeeded(), ready.get(), result.failure());
    }
    int count = plan.create().size();
    if (count == 0) {
      return new Changes(0, 0, 0, null);
    }
    expectations.expectCreations(key, count);
    AtomicInteger unanswered = new AtomicInteger(count);
    Batches.Result result =
        Batches.slowStart(
            count,
            index -> {
              JobDecision.Creation creation = plan.create().get(index);
              try {
                podControl.create(job, JobPods.make(job, creation.index(), creation.replaced()));
                unanswered.decrementAndGet();
              } catch (StatusException e) {
                if (!PodControl.isNamespaceTerminating(e)) {
                  throw e;
                }
              }
            });
    int failed = unanswered.get();
    for (int i = 0; i < failed; i++) {
      expectations.creationObserved(key);
    }
    return new Changes(count - failed, 0, 0, result.failure());
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

    void settle(JobDecision.Plan plan, JobDecision.@Nullable End end, Failures inRow)
        throws InterruptedException {
      Set<String> gone = released.getOrDefault(job.uid(), Set.of());
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
      JobDecision.End over = settledAll ? end : null;
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
      List<KubeObject> active = decision.active();
      int ready = (int) active.stream().filter(Pods::isReady).count() - changes.deletedReady;
      int terminating = decision.terminating() + changes.deleted;
      Trees.putUnlessZero(status, "active", active.size() + changes.created - changes.deleted);
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

    private void target(ObjectNode status, JobDecision.End end) {
      ArrayNode conditions = status.withArray("/conditions");
      String type = end.success() ? "SuccessCriteriaMet" : "FailureTarget";
      if (!Conditions.isTrue(conditions, type)) {
        set(conditions, type, true, end.reason(), end.message());
      }
    }

    private void finish(ObjectNode status, JobDecision.End end) {
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

    private void announce(KubeObject last, JobDecision.End end) {
      if (!end.success()) {
        context.events().warning(job, end.reason(), end.message());
        return;
      }
      int completions = JobDecision.completions(job);
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
      boolean suspended = decision.isSuspended();
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

  private void removeFinalizer(KubeObject pod) {
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
