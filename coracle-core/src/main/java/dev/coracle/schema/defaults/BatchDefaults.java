package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Jobs and CronJobs. */
final class BatchDefaults {

  private BatchDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "Job" -> job(object);
      case "CronJob" -> cronJob(object);
      default -> {}
    }
  }

  private static void job(ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    if (Fill.absent(spec, "completions") && Fill.absent(spec, "parallelism")) {
      spec.put("completions", 1);
    }
    Fill.number(spec, "parallelism", 1);
    Fill.number(
        spec, "backoffLimit", Fill.absent(spec, "backoffLimitPerIndex") ? 6 : Integer.MAX_VALUE);
    Fill.text(spec, "completionMode", "NonIndexed");
    Fill.flag(spec, "suspend", false);
    Fill.flag(spec, "manualSelector", false);
    Fill.text(
        spec,
        "podReplacementPolicy",
        Fill.absent(spec, "podFailurePolicy") ? "TerminatingOrFailed" : "Failed");
    failurePolicy(spec);
    PodDefaults.template(spec, "template");
    if (Fill.existing(Fill.child(spec, "template"), "metadata") instanceof ObjectNode metadata
        && Fill.existing(metadata, "labels") instanceof ObjectNode labels
        && !labels.isEmpty()) {
      ObjectNode own = Fill.child(object, "metadata");
      if (own.path("labels").isEmpty()) {
        own.set("labels", labels.deepCopy());
      }
    }
    Fill.child(object, "status");
  }

  private static void failurePolicy(ObjectNode spec) {
    if (Fill.existing(spec, "podFailurePolicy") instanceof ObjectNode policy) {
      for (ObjectNode rule : Fill.objects(policy, "rules")) {
        for (ObjectNode condition : Fill.objects(rule, "onPodConditions")) {
          Fill.text(condition, "status", "True");
        }
      }
    }
  }

  private static void cronJob(ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    Fill.text(spec, "concurrencyPolicy", "Allow");
    Fill.flag(spec, "suspend", false);
    Fill.number(spec, "successfulJobsHistoryLimit", 3);
    Fill.number(spec, "failedJobsHistoryLimit", 1);
    ObjectNode template = Fill.child(spec, "jobTemplate");
    Fill.child(template, "metadata");
    ObjectNode job = Fill.child(template, "spec");
    failurePolicy(job);
    PodDefaults.template(job, "template");
    Fill.child(object, "status");
  }
}
