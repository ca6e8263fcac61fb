package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** What keeps Pods running, and what runs them to an end. */
final class WorkloadCells {

  private WorkloadCells() {}

  static void add(String kind, Row row) {
    row.name();
    JsonNode pod = row.at("spec", "template", "spec");
    switch (kind) {
      case "Deployment" ->
          row.add(ready(row))
              .add(row.number("status", "updatedReplicas"))
              .add(row.number("status", "availableReplicas"))
              .age()
              .containers(pod)
              .add(Row.selector(row.at("spec", "selector")));
      case "ReplicaSet" ->
          replicas(row).containers(pod).add(Row.selector(row.at("spec", "selector")));
      case "ReplicationController" ->
          replicas(row).containers(pod).add(Row.labels(row.at("spec", "selector")));
      case "StatefulSet" -> row.add(ready(row)).age().containers(pod);
      case "DaemonSet" ->
          row.add(row.number("status", "desiredNumberScheduled"))
              .add(row.number("status", "currentNumberScheduled"))
              .add(row.number("status", "numberReady"))
              .add(row.number("status", "updatedNumberScheduled"))
              .add(row.number("status", "numberAvailable"))
              .add(Row.labels(pod.path("nodeSelector")))
              .age()
              .containers(pod)
              .add(Row.selector(row.at("spec", "selector")));
      case "ControllerRevision" -> row.add(controller(row)).add(row.number("revision")).age();
      case "Job" ->
          row.add(jobStatus(row))
              .add(completions(row))
              .add(duration(row))
              .age()
              .containers(pod)
              .add(Row.selector(row.at("spec", "selector")));
      case "CronJob" -> cronJob(row);
      case "PodTemplate" ->
          row.containers(row.at("template", "spec"))
              .add(Row.labels(row.at("template", "metadata", "labels")));
      default -> row.created();
    }
  }

  private static String ready(Row row) {
    return row.number("status", "readyReplicas") + "/" + row.number("spec", "replicas");
  }

  private static Row replicas(Row row) {
    return row.add(row.number("spec", "replicas"))
        .add(row.number("status", "replicas"))
        .add(row.number("status", "readyReplicas"))
        .age();
  }

  private static String controller(Row row) {
    OwnerReference owner = row.object().controllerRef();
    if (owner == null) {
      return Row.NONE;
    }
    int slash = owner.apiVersion().indexOf('/');
    String group = slash < 0 ? "" : "." + owner.apiVersion().substring(0, slash);
    return owner.kind().toLowerCase(Locale.ROOT) + group + "/" + owner.name();
  }

  private static boolean condition(Row row, String type) {
    for (JsonNode condition : row.at("status", "conditions")) {
      if (condition.path("type").asText("").equals(type)) {
        return condition.path("status").asText("").equals("True");
      }
    }
    return false;
  }

  private static String jobStatus(Row row) {
    if (condition(row, "Complete")) {
      return "Complete";
    }
    if (condition(row, "Failed")) {
      return "Failed";
    }
    if (row.object().isDeleting()) {
      return "Terminating";
    }
    for (String type : new String[] {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
      if (condition(row, type)) {
        return type;
      }
    }
    return "Running";
  }

  private static String completions(Row row) {
    long succeeded = row.number("status", "succeeded");
    if (row.at("spec", "completions").isNumber()) {
      return succeeded + "/" + row.number("spec", "completions");
    }
    long parallelism = row.number("spec", "parallelism");
    return parallelism > 1 ? succeeded + "/1 of " + parallelism : succeeded + "/1";
  }

  private static String duration(Row row) {
    Instant start = Timestamps.parse(row.text("status", "startTime"));
    if (start == null) {
      return "";
    }
    Instant end = Timestamps.parse(row.text("status", "completionTime"));
    return Ages.human(Duration.between(start, end == null ? row.now() : end));
  }

  private static void cronJob(Row row) {
    String last = row.text("status", "lastScheduleTime");
    JsonNode suspend = row.at("spec", "suspend");
    row.add(row.text("spec", "schedule"))
        .add(Row.or(row.text("spec", "timeZone"), Row.NONE))
        .add(suspend.isBoolean() ? (suspend.asBoolean() ? "True" : "False") : Row.UNSET)
        .add(row.at("status", "active").size())
        .add(last.isEmpty() ? Row.NONE : row.since(last))
        .age()
        .containers(row.at("spec", "jobTemplate", "spec", "template", "spec"))
        .add(Row.selector(row.at("spec", "jobTemplate", "spec", "selector")));
  }
}
