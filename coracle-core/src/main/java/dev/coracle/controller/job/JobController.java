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
import dev.coracle.client.Backoff;
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
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs Jobs. Every finished Pod is counted exactly once: its uid goes into the status, then its
 * finalizer goes, then the uid becomes a number.
 */
public final class JobController implements Controller {

  private static final int BURST = 500;
  private static final Backoff POD_BACKOFF =
      new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(10));

  private sealed interface Key {
    record Job(ObjectKey key) implements Key {}

    /** A Pod with the tracking finalizer whose Job is gone. */
    record Orphan(ObjectKey key) implements Key {}
  }

  /** Failures in a row since the last success. */
  private record Failures(int count, Instant last) {}

  private final ControllerContext context;
  private final SharedInformer jobs;
  private final SharedInformer pods;
  private final PodControl podControl;
  private final Expectations expectations;
  private final Map<String, Failures> failures = new ConcurrentHashMap<>();

  /** Failures that become {@link #failures} when their Pods are counted. */
  private final Map<String, Failures> pendingFailures = new ConcurrentHashMap<>();

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
      KubeObject job = jobOf(last);
      if (job != null) {
        expectations.deletionObserved(ObjectKey.of(job), last.uid());
        enqueue(job);
      }
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
    return job != null && !JobDecision.isFinished(job);
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
    String manager = job.text("spec", "managedBy");
    if (JobDecision.isFinished(job)) {
      released.remove(job.uid());
      failures.remove(job.uid());
      Pods.controlledBy(pods, job.uid()).forEach(pod -> enqueueIfUncounted(job, pod));
      return;
    }
    if (!manager.isEmpty() && !manager.equals("kubernetes.io/job-controller")) {
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
    JobDecision.Plan plan = decision.plan(mayStart, Duration.ZERO);
    Duration backoff = backoff(job, plan, now);
    if (backoff.isPositive()) {
      plan = decision.plan(mayStart, backoff);
      if (plan.delay().isPositive()) {
        work.queue().addAfter(new Key.Job(key), plan.delay());
      }
    }
    Changes changes = carryOut(key, started, plan);
    count(started, claimed, plan, changes, now);
    Duration deadline = decision.deadlineIn();
    if (deadline != null && deadline.isPositive() && plan.end() == null) {
      work.queue().addAfter(new Key.Job(key), deadline);
    }
    if (changes.failure != null) {
      throw changes.failure;
    }
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

  private Duration backoff(KubeObject job, JobDecision.Plan plan, Instant now) {
    Failures known = failures.getOrDefault(job.uid(), new Failures(0, Instant.EPOCH));
    List<KubeObject> finished = new ArrayList<>(plan.succeeded());
    finished.addAll(plan.failed());
    finished.sort(Comparator.comparing(pod -> finishedAt(pod, now)));
    for (KubeObject pod : finished) {
      known =
          Pods.phase(pod).equals("Succeeded")
              ? new Failures(0, Instant.EPOCH)
              : new Failures(known.count + 1, finishedAt(pod, now));
    }
    if (!finished.isEmpty()) {
      pendingFailures.put(job.uid(), known);
    }
    if (known.count == 0) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(now, known.last.plus(POD_BACKOFF.after(known.count)));
    return left.isNegative() ? Duration.ZERO : left;
  }

  private static Instant finishedAt(KubeObject pod, Instant fallback) {
    Instant at = JobPods.finishedAt(pod);
    return at == null ? fallback : at;
  }

  /** How the numbers of Pods change by what was done. */
  private record Changes(int created, int deleted, @Nullable StatusException failure) {}

  private Changes carryOut(ObjectKey key, KubeObject job, JobDecision.Plan plan)
      throws InterruptedException {
    if (!plan.delete().isEmpty()) {
      List<KubeObject> doomed = plan.delete();
      expectations.expectDeletions(key, doomed.stream().map(KubeObject::uid).toList());
      Batches.Result result =
          Batches.parallel(
              doomed.size(),
              index -> {
                try {
                  podControl.delete(job, doomed.get(index));
                } catch (StatusException e) {
                  expectations.deletionObserved(key, doomed.get(index).uid());
                  throw e;
                }
              });
      return new Changes(0, result.succeeded(), result.failure());
    }
    int count = Math.min(BURST, plan.create().size());
    if (count == 0) {
      return new Changes(0, 0, null);
    }
    expectations.expectCreations(key, count);
    AtomicInteger unanswered = new AtomicInteger(count);
    Batches.Result result =
        Batches.slowStart(
            count,
            index -> {
              try {
                podControl.create(job, JobPods.make(job, plan.create().get(index)));
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
    return new Changes(count - failed, 0, result.failure());
  }

  /** Writes the status, in as many steps as counting needs. */
  private void count(
      KubeObject job,
      List<KubeObject> claimed,
      JobDecision.Plan plan,
      Changes changes,
      Instant instant)
      throws InterruptedException {
    String now = Timestamps.seconds(instant);
    ObjectNode tree = job.mutableTree();
    ObjectNode status = tree.withObject("/status");
    Trees.putUnlessZero(status, "active", plan.active().size() + changes.created - changes.deleted);
    status.put("ready", (int) plan.active().stream().filter(Pods::isReady).count());
    status.put("terminating", plan.terminating() + changes.deleted);
    suspend(job, status, now);
    JobDecision.End end = plan.end();
    if (end != null) {
      target(status, end, now);
    }
    Set<String> uids = new HashSet<>();
    ObjectNode uncounted = status.withObject("/uncountedTerminatedPods");
    collect(uncounted, "succeeded", plan.succeeded(), uids);
    collect(uncounted, "failed", plan.failed(), uids);
    if (JobPods.isIndexed(job) && !plan.completedIndexes().isEmpty()) {
      status.put("completedIndexes", Indexes.format(plan.completedIndexes()));
    }
    boolean open = !uids.isEmpty();
    boolean running =
        plan.active().size() - changes.deleted + changes.created > 0
            || plan.terminating() + changes.deleted > 0;
    if (!open) {
      settle(job, status, plan, end != null && !running ? end : null, now);
      write(job, tree);
      return;
    }
    KubeObject written = write(job, tree);
    Failures failed = pendingFailures.remove(job.uid());
    if (failed != null) {
      failures.put(job.uid(), failed);
    }
    List<KubeObject> finished =
        claimed.stream().filter(pod -> uids.contains(pod.uid()) && JobPods.isTracked(pod)).toList();
    Batches.Result result =
        Batches.parallel(finished.size(), index -> removeFinalizer(finished.get(index)));
    if (result.failure() != null) {
      throw result.failure();
    }
    released.computeIfAbsent(job.uid(), uid -> ConcurrentHashMap.newKeySet()).addAll(uids);
    ObjectNode settled = written.mutableTree();
    settle(job, settled.withObject("/status"), plan, end != null && !running ? end : null, now);
    write(written, settled);
  }

  private static void collect(
      ObjectNode uncounted, String field, List<KubeObject> pods, Set<String> uids) {
    ArrayNode list = uncounted.withArray("/" + field);
    list.forEach(uid -> uids.add(uid.asText()));
    for (KubeObject pod : pods) {
      if (uids.add(pod.uid())) {
        list.add(pod.uid());
      }
    }
    if (list.isEmpty()) {
      uncounted.remove(field);
    }
  }

  /** Turns counted uids into numbers, and the target into the end. */
  private void settle(
      KubeObject job,
      ObjectNode status,
      JobDecision.Plan plan,
      JobDecision.@Nullable End end,
      String now) {
    status.putObject("uncountedTerminatedPods");
    Trees.putUnlessZero(status, "succeeded", plan.succeededTotal());
    Trees.putUnlessZero(status, "failed", plan.failedTotal());
    if (end == null) {
      return;
    }
    ArrayNode conditions = status.withArray("/conditions");
    if (end.success()) {
      probe(conditions, "Complete", end, now);
      status.put("completionTime", now);
      context.events().normal(job, "Completed", "Job completed");
    } else {
      probe(conditions, "Failed", end, now);
      context.events().warning(job, end.reason(), end.message());
    }
  }

  private static void target(ObjectNode status, JobDecision.End end, String now) {
    ArrayNode conditions = status.withArray("/conditions");
    String type = end.success() ? "SuccessCriteriaMet" : "FailureTarget";
    if (Conditions.find(conditions, type) == null) {
      probe(conditions, type, end, now);
    }
  }

  private static void probe(ArrayNode conditions, String type, JobDecision.End end, String now) {
    Conditions.set(conditions, type, "True", end.reason(), end.message(), now)
        .put("lastProbeTime", now);
  }

  private void suspend(KubeObject job, ObjectNode status, String now) {
    boolean suspended = job.at("spec", "suspend").asBoolean();
    JsonNode condition = Conditions.find(job.at("status", "conditions"), "Suspended");
    boolean known = condition != null && condition.path("status").asText().equals("True");
    if (suspended == known || (!suspended && condition == null)) {
      return;
    }
    Conditions.set(
            status.withArray("/conditions"),
            "Suspended",
            suspended ? "True" : "False",
            suspended ? "JobSuspended" : "JobResumed",
            suspended ? "Job suspended" : "Job resumed",
            now)
        .put("lastProbeTime", now);
    if (suspended) {
      status.remove("startTime");
      context.events().normal(job, "Suspended", "Job suspended");
    } else {
      status.put("startTime", now);
      context.events().normal(job, "Resumed", "Job resumed");
    }
  }

  private KubeObject write(KubeObject job, ObjectNode tree) {
    KubeObject known = jobs.get(job.namespace(), job.name());
    if (known != null
        && known.resourceVersion() == job.resourceVersion()
        && Trees.same(tree.path("status"), known.at("status"))) {
      return job;
    }
    return context.client().updateStatus(Resources.JOBS, job.namespace(), job.name(), tree);
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
