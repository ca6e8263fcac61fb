package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The group {@code apps}. */
final class AppsDefaults {

  private AppsDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "Deployment" -> deployment(object);
      case "ReplicaSet" -> replicaSet(object);
      case "StatefulSet" -> statefulSet(object);
      case "DaemonSet" -> daemonSet(object);
      case "ControllerRevision" -> Fill.number(object, "revision", 0);
      default -> {}
    }
  }

  private static void deployment(ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    Fill.number(spec, "replicas", 1);
    ObjectNode strategy = Fill.child(spec, "strategy");
    Fill.text(strategy, "type", "RollingUpdate");
    if (Fill.string(strategy, "type").equals("RollingUpdate")) {
      ObjectNode rolling = Fill.child(strategy, "rollingUpdate");
      Fill.text(rolling, "maxUnavailable", "25%");
      Fill.text(rolling, "maxSurge", "25%");
    }
    Fill.number(spec, "revisionHistoryLimit", 10);
    Fill.number(spec, "progressDeadlineSeconds", 600);
    PodDefaults.template(spec, "template");
    Fill.child(object, "status");
  }

  private static void replicaSet(ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    Fill.number(spec, "replicas", 1);
    PodDefaults.template(spec, "template");
    Fill.number(Fill.child(object, "status"), "replicas", 0);
  }

  private static void statefulSet(ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    Fill.text(spec, "podManagementPolicy", "OrderedReady");
    ObjectNode strategy = Fill.child(spec, "updateStrategy");
    Fill.text(strategy, "type", "RollingUpdate");
    if (Fill.string(strategy, "type").equals("RollingUpdate")) {
      Fill.number(Fill.child(strategy, "rollingUpdate"), "partition", 0);
    }
    ObjectNode retention = Fill.child(spec, "persistentVolumeClaimRetentionPolicy");
    Fill.text(retention, "whenDeleted", "Retain");
    Fill.text(retention, "whenScaled", "Retain");
    Fill.number(spec, "replicas", 1);
    Fill.number(spec, "revisionHistoryLimit", 10);
    PodDefaults.template(spec, "template");
    for (ObjectNode claim : Fill.objects(spec, "volumeClaimTemplates")) {
      Fill.text(claim, "apiVersion", "v1");
      Fill.text(claim, "kind", "PersistentVolumeClaim");
      ClaimDefaults.claim(claim);
    }
    ObjectNode status = Fill.child(object, "status");
    Fill.number(status, "replicas", 0);
    Fill.number(status, "availableReplicas", 0);
  }

  private static void daemonSet(ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    ObjectNode strategy = Fill.child(spec, "updateStrategy");
    Fill.text(strategy, "type", "RollingUpdate");
    if (Fill.string(strategy, "type").equals("RollingUpdate")) {
      ObjectNode rolling = Fill.child(strategy, "rollingUpdate");
      Fill.number(rolling, "maxUnavailable", 1);
      Fill.number(rolling, "maxSurge", 0);
    }
    Fill.number(spec, "revisionHistoryLimit", 10);
    PodDefaults.template(spec, "template");
    ObjectNode status = Fill.child(object, "status");
    Fill.number(status, "currentNumberScheduled", 0);
    Fill.number(status, "numberMisscheduled", 0);
    Fill.number(status, "desiredNumberScheduled", 0);
    Fill.number(status, "numberReady", 0);
  }
}
