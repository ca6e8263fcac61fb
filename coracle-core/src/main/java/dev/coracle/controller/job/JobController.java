package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Batches;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ExpectedPods;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs Jobs: starts and ends Pods as {@link JobDecision} says, which {@link JobTracking} counts.
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
  private final ExpectedPods expectedPods;
  private final JobTracking tracking;
  private final Work<Key> work;

  public JobController(ControllerContext context) {
    this.context = context;
    this.jobs = context.informers().of(Resources.JOBS);
    this.pods = context.informers().of(Resources.PODS);
    this.podControl = new PodControl(context);
    this.expectations = new Expectations();
    this.expectedPods = new ExpectedPods(context, expectations, pods);
    this.tracking = new JobTracking(context, pods);
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
      tracking.forget(last.uid());
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
        tracking.observed(now);
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
      tracking.observed(last);
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
    return job != null && (!JobEnding.isFinished(job) || isManagedElsewhere(job));
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
    if (owner == null && !pod.isDeleting() && willBeAdopted(pod)) {
      return;
    }
    if (owner != null) {
      if (!owner.kind().equals("Job") || !owner.apiVersion().equals("batch/v1")) {
        return; // another kind's controller may use the finalizer in its own way
      }
      KubeObject job = context.client().find(Resources.JOBS, key.namespace(), owner.name());
      if (job != null && job.uid().equals(owner.uid()) && counts(job)) {
        return;
      }
    }
    tracking.removeFinalizer(pod);
  }

  /** Whether a Job wants a Pod of nobody, which keeps its finalizer then; that Job is called. */
  private boolean willBeAdopted(KubeObject orphan) {
    for (KubeObject job : jobs.list(orphan.namespace())) {
      if (LabelSelector.of(job.at("spec", "selector")).matches(orphan.labels())
          && !job.isDeleting()
          && !JobEnding.isFinished(job)
          && !isManagedElsewhere(job)) {
        enqueue(job);
        return true;
      }
    }
    return false;
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
    if (JobEnding.isFinished(job)) {
      tracking.forget(job.uid());
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
            candidates,
            JobPods.TRACKING);
    Instant now = context.clock().instant();
    KubeObject started = start(job, now);
    JobDecision decision = new JobDecision(started, claimed, tracking.released(job.uid()), now);
    Failures inRow = decision.count().failures(tracking.failures(job.uid()));
    JobDecision.Plan plan = decision.plan(mayStart, inRow);
    if (plan.delay().isPositive()) {
      callAt(key, now.plus(plan.delay()));
    }
    JobTracking.Changes changes = carryOut(key, started, plan);
    JobEnd end = plan.end();
    if (end != null && (changes.failure() != null || !mayStart)) {
      end = null;
    }
    tracking.settle(job, started, decision, changes, now, plan, end, inRow);
    Duration deadline = decision.deadlineIn();
    if (deadline != null && deadline.isPositive() && plan.end() == null) {
      callAt(key, now.plus(deadline));
    }
    StatusException failure = changes.failure();
    if (failure != null) {
      throw failure;
    }
  }

  private void callAt(ObjectKey key, Instant time) {
    // what was done since may have taken its time
    work.queue().addAfter(new Key.Job(key), Duration.between(context.clock().instant(), time));
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

  private JobTracking.Changes carryOut(ObjectKey key, KubeObject job, JobDecision.Plan plan)
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
                    tracking.removeFinalizer(pod);
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
      return new JobTracking.Changes(0, result.succeeded(), ready.get(), result.failure());
    }
    if (plan.create().isEmpty()) {
      return new JobTracking.Changes(0, 0, 0, null);
    }
    Batches.Result created =
        expectedPods.create(
            job,
            plan.create().size(),
            index -> {
              JobDecision.Creation creation = plan.create().get(index);
              return JobPods.make(job, creation.index(), creation.replaced());
            });
    return new JobTracking.Changes(created.succeeded(), 0, 0, created.failure());
  }
}
