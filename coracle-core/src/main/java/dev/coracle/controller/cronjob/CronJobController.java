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
import dev.coracle.controller.Conditions;
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
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
    work.watch(cronJobs, cronJob -> work.queue().add(ObjectKey.of(cronJob)));
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

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(ObjectKey key) {
    KubeObject cronJob = cronJobs.get(key.namespace(), key.name());
    if (cronJob == null) {
      return;
    }
    List<KubeObject> children = new ArrayList<>(Pods.controlledBy(jobs, cronJob.uid()));
    children.sort(
        Comparator.comparing((KubeObject job) -> job.text("status", "startTime"))
            .thenComparing(KubeObject::name));
    ObjectNode tree = cronJob.mutableTree();
    ObjectNode status = tree.withObject("/status");
    refreshActive(cronJob, children, status);
    cleanUp(cronJob, children);
    if (!cronJob.isDeleting() && !cronJob.at("spec", "suspend").asBoolean()) {
      run(key, cronJob, children, status);
    }
    if (status.path("active").isEmpty()) {
      status.remove("active");
    }
    boolean none = status.isEmpty() && cronJob.at("status").isMissingNode();
    if (!none && !Trees.same(status, cronJob.at("status"))) {
      context.client().updateStatus(Resources.CRON_JOBS, key.namespace(), key.name(), tree);
    }
  }

  private static @Nullable String finishedType(KubeObject job) {
    for (String type : new String[] {"Complete", "Failed"}) {
      if (Conditions.isTrue(job.at("status", "conditions"), type)) {
        return type;
      }
    }
    return null;
  }

  /** Brings the list of running Jobs in line with the Jobs that there are. */
  private void refreshActive(KubeObject cronJob, List<KubeObject> children, ObjectNode status) {
    ArrayNode active = Json.array();
    for (JsonNode reference : status.path("active")) {
      KubeObject child = null;
      for (KubeObject job : children) {
        if (job.uid().equals(reference.path("uid").asText())) {
          child = job;
        }
      }
      if (child == null) {
        String name = reference.path("name").asText();
        KubeObject fresh = context.client().find(Resources.JOBS, cronJob.namespace(), name);
        if (fresh != null && fresh.uid().equals(reference.path("uid").asText())) {
          active.add(reference);
        } else {
          context.events().normal(cronJob, "MissingJob", "Active job went missing: " + name);
        }
        continue;
      }
      String finished = finishedType(child);
      if (finished == null) {
        active.add(reference);
        continue;
      }
      context
          .events()
          .normal(
              cronJob,
              "SawCompletedJob",
              "Saw completed job: " + child.name() + ", condition: " + finished);
    }
    for (KubeObject job : children) {
      String finished = finishedType(job);
      if ("Complete".equals(finished)) {
        String time = job.text("status", "completionTime");
        if (time.compareTo(status.path("lastSuccessfulTime").asText("")) > 0) {
          status.put("lastSuccessfulTime", time);
        }
      } else if (finished == null && !contains(active, job) && !job.isDeleting()) {
        active.add(reference(job));
      }
    }
    status.set("active", active);
  }

  private static boolean contains(ArrayNode active, KubeObject job) {
    for (JsonNode reference : active) {
      if (reference.path("uid").asText().equals(job.uid())) {
        return true;
      }
    }
    return false;
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

  private void cleanUp(KubeObject cronJob, List<KubeObject> children) {
    keep(cronJob, children, "Complete", cronJob.at("spec", "successfulJobsHistoryLimit").asInt(3));
    keep(cronJob, children, "Failed", cronJob.at("spec", "failedJobsHistoryLimit").asInt(1));
  }

  private void keep(KubeObject cronJob, List<KubeObject> children, String type, int limit) {
    List<KubeObject> finished =
        children.stream()
            .filter(job -> !job.isDeleting() && type.equals(finishedType(job)))
            .toList();
    for (int i = 0; i < finished.size() - limit; i++) {
      delete(cronJob, finished.get(i));
    }
  }

  private void delete(KubeObject cronJob, KubeObject job) {
    try {
      context
          .client()
          .delete(
              Resources.JOBS,
              job.namespace(),
              job.name(),
              new DeleteOptions(false, null, "Background", job.uid(), null));
      context.events().normal(cronJob, "SuccessfulDelete", "Deleted job " + job.name());
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        context.events().warning(cronJob, "FailedDelete", "Deleted job: " + e.status().message());
        throw e;
      }
    }
  }

  private void run(
      ObjectKey key, KubeObject cronJob, List<KubeObject> children, ObjectNode status) {
    CronSchedule schedule;
    ZoneId zone;
    try {
      String name = cronJob.text("spec", "timeZone");
      zone = name.isEmpty() ? ZoneOffset.UTC : ZoneId.of(name);
      schedule = CronSchedule.parse(cronJob.text("spec", "schedule"), zone);
    } catch (IllegalArgumentException | DateTimeException e) {
      context
          .events()
          .warning(
              cronJob,
              "UnparseableSchedule",
              "unparseable schedule: " + cronJob.text("spec", "schedule") + " : " + e.getMessage());
      return;
    }
    Instant now = context.clock().instant();
    Instant next = schedule.next(now);
    if (next != null) {
      work.queue().addAfter(key, Duration.between(now, next).plusMillis(100));
    }
    Instant since = Timestamps.parse(status.path("lastScheduleTime").asText());
    if (since == null) {
      since = Timestamps.parse(cronJob.creationTimestamp());
    }
    if (since == null) {
      return;
    }
    JsonNode deadline = cronJob.at("spec", "startingDeadlineSeconds");
    if (deadline.isNumber() && now.minusSeconds(deadline.asLong()).isAfter(since)) {
      since = now.minusSeconds(deadline.asLong());
    }
    CronSchedule.Due due = schedule.due(since, now);
    Instant time = due.time();
    if (time == null) {
      return;
    }
    if (due.missed() > 100) {
      context
          .events()
          .warning(
              cronJob,
              "TooManyMissedTimes",
              "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check"
                  + " clock skew");
    }
    if (deadline.isNumber() && time.plusSeconds(deadline.asLong()).isBefore(now)) {
      context
          .events()
          .warning(
              cronJob,
              "MissSchedule",
              "Missed scheduled time to start a job: " + Timestamps.seconds(time));
      return;
    }
    String name = cronJob.name() + "-" + time.getEpochSecond() / 60;
    if (children.stream().anyMatch(job -> job.name().equals(name))) {
      status.put("lastScheduleTime", Timestamps.seconds(time));
      return;
    }
    ArrayNode active = status.withArray("/active");
    String policy = cronJob.text("spec", "concurrencyPolicy");
    if (policy.equals("Forbid") && !active.isEmpty()) {
      context
          .events()
          .normal(
              cronJob,
              "JobAlreadyActive",
              "Not starting job because prior execution is running and concurrency policy is"
                  + " Forbid");
      return;
    }
    if (policy.equals("Replace")) {
      children.stream().filter(job -> contains(active, job)).forEach(job -> delete(cronJob, job));
      active.removeAll();
    }
    KubeObject created = create(cronJob, name, time, zone);
    if (created != null) {
      active.add(reference(created));
      status.put("lastScheduleTime", Timestamps.seconds(time));
    }
  }

  private @Nullable KubeObject create(KubeObject cronJob, String name, Instant time, ZoneId zone) {
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
            time.atZone(zone).truncatedTo(ChronoUnit.SECONDS)));
    metadata.putArray("ownerReferences").add(Owners.controllerRef(cronJob));
    job.set("spec", template.path("spec").deepCopy());
    try {
      KubeObject created = context.client().create(Resources.JOBS, cronJob.namespace(), job);
      context.events().normal(cronJob, "SuccessfulCreate", "Created job " + name);
      return created;
    } catch (StatusException e) {
      if (e.isAlreadyExists() || PodControl.isNamespaceTerminating(e)) {
        return null;
      }
      context
          .events()
          .warning(cronJob, "FailedCreate", "Error creating job: " + e.status().message());
      throw e;
    }
  }
}
