package dev.coracle.controller.cronjob;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Starts a Job whenever a CronJob's schedule says so, and keeps some of the finished ones. */
public final class CronJobController implements Controller {

  private static final String SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";

  private final ControllerContext context;
  private final SharedInformer cronJobs;
  private final SharedInformer jobs;
  private final Work<ObjectKey> work;

  public CronJobController(ControllerContext context) {
    this.context = context;
    this.cronJobs = context.informers().of(Resources.CRON_JOBS);
    this.jobs = context.informers().of(Resources.JOBS);
    this.work = new Work<>(name(), context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return "cronjob-controller";
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(jobs);
    work.watch(
        cronJobs,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject cronJob) {
            work.queue().add(ObjectKey.of(cronJob));
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            JsonNode spec = now.at("spec");
            if (before.at("spec").path("schedule").equals(spec.path("schedule"))
                && before.at("spec").path("timeZone").equals(spec.path("timeZone"))) {
              work.queue().add(ObjectKey.of(now));
            } else {
              rescheduled(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {}
        });
    work.watch(
        jobs,
        job -> {
          OwnerReference owner = job.controllerRef();
          if (owner != null && owner.kind().equals("CronJob")) {
            work.queue().add(new ObjectKey(job.namespace(), owner.name()));
          }
        });
    work.start();
  }

  /** A new schedule holds from now on: its times that are past were nobody's. */
  private void rescheduled(KubeObject cronJob) {
    try {
      Duration wait = CronJobDecision.untilNext(cronJob, context.clock().instant());
      if (wait != null) {
        work.queue().addAfter(ObjectKey.of(cronJob), wait);
      }
    } catch (IllegalArgumentException | DateTimeException e) {
      context
          .events()
          .warning(
              cronJob,
              "UnParseableCronJobSchedule",
              "unparseable schedule for cronjob: " + cronJob.text("spec", "schedule"));
    }
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(ObjectKey key) {
    KubeObject cronJob = cronJobs.get(key.namespace(), key.name());
    if (cronJob == null) {
      return;
    }
    List<KubeObject> children = Pods.controlledBy(jobs, cronJob.uid());
    ObjectNode tree = cronJob.mutableTree();
    ObjectNode status = tree.withObject("/status");
    ArrayNode active = status.withArray("/active");
    if (!refreshActive(cronJob, children, status, active)) {
      return;
    }
    StatusException failure = null;
    try {
      run(key, cronJob, status, active);
    } catch (StatusException e) {
      failure = e; // what was done is written all the same
    }
    for (String type : new String[] {"Complete", "Failed"}) {
      String limit =
          type.equals("Complete") ? "successfulJobsHistoryLimit" : "failedJobsHistoryLimit";
      for (KubeObject job : CronJobDecision.surplus(children, type, cronJob.at("spec", limit))) {
        boolean unused = delete(cronJob, job, active);
      }
    }
    if (active.isEmpty()) {
      status.remove("active");
    }
    boolean none = status.isEmpty() && cronJob.at("status").isMissingNode();
    if (!none && !Trees.same(status, cronJob.at("status"))) {
      context.client().updateStatus(Resources.CRON_JOBS, key.namespace(), key.name(), tree);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Brings the list of running Jobs in line with the Jobs that there are.
   *
   * @return false when the cache is behind what this controller wrote itself: it is called again
   */
  private boolean refreshActive(
      KubeObject cronJob, List<KubeObject> children, ObjectNode status, ArrayNode active) {
    KubeObject fresh = null;
    for (KubeObject job : children) {
      String finished = CronJobDecision.finishedType(job);
      boolean listed = contains(active, job.uid());
      if (finished == null) {
        if (listed) {
          continue;
        }
        fresh =
            fresh != null
                ? fresh
                : context.client().find(Resources.CRON_JOBS, cronJob.namespace(), cronJob.name());
        if (fresh != null && contains(fresh.at("status", "active"), job.uid())) {
          return false;
        }
        context
            .events()
            .warning(
                cronJob,
                "UnexpectedJob",
                "Saw a job that the controller did not create or forgot: " + job.name());
        continue;
      }
      if (listed) {
        remove(active, job.uid());
        context
            .events()
            .normal(
                cronJob,
                "SawCompletedJob",
                "Saw completed job: " + job.name() + ", condition: " + finished);
      }
      String time = job.text("status", "completionTime");
      if (finished.equals("Complete")
          && time.compareTo(status.path("lastSuccessfulTime").asText("")) > 0) {
        status.put("lastSuccessfulTime", time);
      }
    }
    removeMissing(cronJob, children, active);
    return true;
  }

  private void removeMissing(KubeObject cronJob, List<KubeObject> children, ArrayNode active) {
    for (JsonNode reference : active.deepCopy()) {
      String uid = reference.path("uid").asText();
      String name = reference.path("name").asText();
      if (children.stream().noneMatch(job -> job.uid().equals(uid))) {
        KubeObject fresh = context.client().find(Resources.JOBS, cronJob.namespace(), name);
        if (fresh == null || !fresh.uid().equals(uid)) {
          remove(active, uid);
          context.events().normal(cronJob, "MissingJob", "Active job went missing: " + name);
        }
      }
    }
  }

  private static boolean contains(JsonNode active, String uid) {
    for (JsonNode reference : active) {
      if (reference.path("uid").asText().equals(uid)) {
        return true;
      }
    }
    return false;
  }

  private static void remove(ArrayNode active, String uid) {
    for (int i = active.size() - 1; i >= 0; i--) {
      if (active.get(i).path("uid").asText().equals(uid)) {
        active.remove(i);
      }
    }
  }

  private static ObjectNode reference(KubeObject job) {
    return Json.object()
        .put("kind", "Job")
        .put("namespace", job.namespace())
        .put("name", job.name())
        .put("uid", job.uid())
        .put("apiVersion", "batch/v1")
        .put("resourceVersion", Long.toString(job.resourceVersion()));
  }

  /** Returns whether it is gone, or going. */
  private boolean delete(KubeObject cronJob, KubeObject job, ArrayNode active) {
    try {
      KubeObject unused =
          context
              .client()
              .delete(
                  Resources.JOBS,
                  job.namespace(),
                  job.name(),
                  new DeleteOptions(false, null, "Background", job.uid(), null));
    } catch (StatusException e) {
      if (e.isNotFound()) {
        return true;
      }
      context.events().warning(cronJob, "FailedDelete", "Deleted job: " + e.status().message());
      return false;
    }
    remove(active, job.uid());
    context.events().normal(cronJob, "SuccessfulDelete", "Deleted job " + job.name());
    return true;
  }

  private void run(ObjectKey key, KubeObject cronJob, ObjectNode status, ArrayNode active) {
    Set<String> names = new HashSet<>();
    active.forEach(reference -> names.add(reference.path("name").asText()));
    CronJobDecision.Plan plan =
        CronJobDecision.plan(
            cronJob,
            names,
            Timestamps.parse(status.path("lastScheduleTime").asText()),
            context.clock().instant());
    for (CronJobDecision.News news : plan.news()) {
      if (news.warning()) {
        context.events().warning(cronJob, news.reason(), news.message());
      } else {
        context.events().normal(cronJob, news.reason(), news.message());
      }
    }
    Duration wait = plan.untilNext();
    if (wait != null) {
      work.queue().addAfter(key, wait);
    }
    Instant time = plan.start();
    if (time == null) {
      return;
    }
    if (plan.replace()) {
      replace(cronJob, active);
    }
    KubeObject started = create(cronJob, time);
    if (started != null && !contains(active, started.uid())) {
      active.add(reference(started));
      status.put("lastScheduleTime", Timestamps.seconds(time));
    }
  }

  private void replace(KubeObject cronJob, ArrayNode active) {
    for (JsonNode reference : active.deepCopy()) {
      String name = reference.path("name").asText();
      KubeObject job;
      try {
        job = context.client().get(Resources.JOBS, cronJob.namespace(), name);
      } catch (StatusException e) {
        context.events().warning(cronJob, "FailedGet", "Get job: " + e.status().message());
        throw e;
      }
      if (!delete(cronJob, job, active)) {
        throw StatusException.internal("could not replace job " + job.key());
      }
    }
  }

  /** The Job of a scheduled time; null when there is none, or it is another's. */
  private @Nullable KubeObject create(KubeObject cronJob, Instant time) {
    String name = CronJobDecision.jobName(cronJob, time);
    ObjectNode job = Json.object().put("kind", "Job").put("apiVersion", "batch/v1");
    ObjectNode metadata = job.putObject("metadata");
    metadata.put("name", name).put("namespace", cronJob.namespace());
    JsonNode template = cronJob.at("spec", "jobTemplate");
    if (template.path("metadata").path("labels").size() > 0) {
      metadata.set("labels", template.path("metadata").path("labels").deepCopy());
    }
    ObjectNode annotations = metadata.putObject("annotations");
    template
        .path("metadata")
        .path("annotations")
        .properties()
        .forEach(entry -> annotations.set(entry.getKey(), entry.getValue()));
    annotations.put(
        SCHEDULED_AT,
        DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
            time.atZone(CronJobDecision.zone(cronJob)).truncatedTo(ChronoUnit.SECONDS)));
    metadata.putArray("ownerReferences").add(Owners.controllerRef(cronJob));
    job.set("spec", template.path("spec").deepCopy());
    try {
      KubeObject created = context.client().create(Resources.JOBS, cronJob.namespace(), job);
      context.events().normal(cronJob, "SuccessfulCreate", "Created job " + name);
      return created;
    } catch (StatusException e) {
      if (PodControl.isNamespaceTerminating(e)) {
        return null;
      }
      if (e.isAlreadyExists()) {
        // started before, and then the status was not written
        KubeObject there = context.client().find(Resources.JOBS, cronJob.namespace(), name);
        return there != null && Owners.isControlledBy(there, cronJob) ? there : null;
      }
      context
          .events()
          .warning(cronJob, "FailedCreate", "Error creating job: " + e.status().message());
      throw e;
    }
  }
}
