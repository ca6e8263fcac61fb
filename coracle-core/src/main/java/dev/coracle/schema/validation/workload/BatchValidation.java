package dev.coracle.schema.validation.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.SelectorValidation;
import dev.coracle.schema.validation.field.Trees;
import dev.coracle.schema.validation.pod.PodValidation;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Jobs and CronJobs. */
public final class BatchValidation {

  private static final int CRON_JOB_NAME_LIMIT = 52;

  private BatchValidation() {}

  public static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    if (kind.equals("Job")) {
      job(spec);
      if (old != null) {
        jobUpdate(spec, old);
      }
    } else if (kind.equals("CronJob")) {
      Field name = Field.of(object, "metadata", errors).child("name");
      if (old == null && name.text().length() > CRON_JOB_NAME_LIMIT) {
        name.invalid(Names.tooLong(CRON_JOB_NAME_LIMIT));
      }
      cronJob(spec);
    }
  }

  private static void job(Field spec) {
    for (String count :
        new String[] {
          "parallelism",
          "completions",
          "activeDeadlineSeconds",
          "backoffLimit",
          "backoffLimitPerIndex",
          "maxFailedIndexes",
          "ttlSecondsAfterFinished"
        }) {
      spec.child(count).nonNegative();
    }
    Field mode = spec.child("completionMode");
    mode.oneOf("Indexed", "NonIndexed");
    boolean indexed = mode.text().equals("Indexed");
    if (indexed && !spec.has("completions")) {
      spec.child("completions").required("when completion mode is Indexed");
    }
    if (indexed && spec.child("parallelism").number() > 100_000) {
      spec.child("parallelism")
          .invalid("must be less than or equal to 100000 when completion mode is Indexed");
    }
    if (!indexed && spec.has("backoffLimitPerIndex")) {
      spec.child("backoffLimitPerIndex").invalid("requires indexed completion mode");
    }
    spec.child("podReplacementPolicy").oneOf("Failed", "TerminatingOrFailed");
    if (spec.has("selector")) {
      SelectorValidation.validate(spec.child("selector"));
    }
    failurePolicy(spec.child("podFailurePolicy"));
    Field template = spec.child("template");
    PodValidation.template(template, false);
    Field restart = template.child("spec").child("restartPolicy");
    if (restart.text().equals("Always")) {
      restart.required("valid values: \"OnFailure\", \"Never\"");
    } else if (spec.has("podFailurePolicy") && !restart.text().equals("Never")) {
      restart.invalid("only \"Never\" is supported when podFailurePolicy is specified");
    }
  }

  private static void failurePolicy(Field policy) {
    if (policy.json().path("rules").size() > 20) {
      policy.errors().tooMany(policy.child("rules").path(), policy.json().path("rules").size(), 20);
    }
    for (Field rule : policy.child("rules").items()) {
      rule.child("action").neededOneOf("Count", "FailIndex", "FailJob", "Ignore");
      boolean codes = rule.has("onExitCodes");
      boolean conditions = !rule.child("onPodConditions").blank();
      if (codes && conditions) {
        rule.invalid("specifying both OnExitCodes and OnPodConditions is not supported");
      } else if (!codes && !conditions) {
        rule.invalid("specifying one of OnExitCodes and OnPodConditions is required");
      }
      Field exit = rule.child("onExitCodes");
      if (codes) {
        exit.child("operator").neededOneOf("In", "NotIn");
        if (exit.child("values").blank()) {
          exit.child("values").invalid("at least one value is required");
        }
        for (Field value : exit.child("values").items()) {
          if (value.number() == 0 && exit.text("operator").equals("In")) {
            value.invalid("must not be 0 for the In operator");
          }
        }
      }
      for (Field condition : rule.child("onPodConditions").items()) {
        SelectorValidation.key(condition.child("type"));
        condition.child("status").neededOneOf("False", "True", "Unknown");
      }
    }
  }

  private static void jobUpdate(Field spec, ObjectNode old) {
    JsonNode before = old.path("spec");
    for (String field :
        new String[] {
          "selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"
        }) {
      spec.child(field).immutable(before.path(field));
    }
    Field completions = spec.child("completions");
    boolean elastic =
        spec.text("completionMode").equals("Indexed")
            && completions.number() == spec.child("parallelism").number();
    if (!elastic) {
      completions.immutable(before.path("completions"));
    }
    boolean waiting =
        before.path("suspend").asBoolean(false) && !old.path("status").hasNonNull("startTime");
    Field template = spec.child("template");
    JsonNode now = template.json();
    JsonNode was = before.path("template");
    if (waiting) {
      now = schedulingLeftOut(now);
      was = schedulingLeftOut(was);
    }
    if (!Trees.same(now, was)) {
      template.invalid("field is immutable");
    }
  }

  private static JsonNode schedulingLeftOut(JsonNode template) {
    JsonNode copy = template.deepCopy();
    if (copy.get("spec") instanceof ObjectNode spec) {
      spec.remove(List.of("affinity", "nodeSelector", "tolerations", "schedulingGates"));
    }
    if (copy.get("metadata") instanceof ObjectNode metadata) {
      metadata.remove(List.of("labels", "annotations"));
    }
    return copy;
  }

  private static void cronJob(Field spec) {
    Field schedule = spec.child("schedule");
    if (schedule.needed()) {
      if (schedule.text().contains("TZ")) {
        schedule.invalid("cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
      }
      String wrong = CronSyntax.check(schedule.text());
      if (!wrong.isEmpty()) {
        schedule.invalid(wrong);
      }
    }
    spec.child("startingDeadlineSeconds").nonNegative();
    spec.child("concurrencyPolicy").neededOneOf("Allow", "Forbid", "Replace");
    spec.child("successfulJobsHistoryLimit").nonNegative();
    spec.child("failedJobsHistoryLimit").nonNegative();
    Field zone = spec.child("timeZone");
    if (zone.present()) {
      if (zone.text().isEmpty()) {
        zone.invalid("timeZone must be nil or non-empty string");
      } else if (zone.text().equalsIgnoreCase("Local")) {
        zone.invalid(
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
      } else if (!ZoneId.getAvailableZoneIds().contains(zone.text())) {
        zone.invalid("unknown time zone " + zone.text());
      }
    }
    job(spec.child("jobTemplate").child("spec"));
  }
}
