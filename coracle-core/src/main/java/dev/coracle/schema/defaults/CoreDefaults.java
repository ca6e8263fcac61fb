package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The core group. */
final class CoreDefaults {

  private CoreDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "Pod" -> PodDefaults.pod(object);
      case "PodTemplate" -> PodDefaults.template(object, "template");
      case "ReplicationController" -> replicationController(object);
      case "Service" -> ServiceDefaults.service(object);
      case "Endpoints" -> endpoints(object);
      case "Secret" -> SecretDefaults.secret(object);
      case "PersistentVolumeClaim" -> ClaimDefaults.claim(object);
      case "PersistentVolume" -> ClaimDefaults.volume(object);
      case "Namespace" -> namespace(object);
      case "Node" -> NodeDefaults.node(object);
      case "Event" -> event(object);
      case "LimitRange" -> limitRange(object);
      case "ResourceQuota" -> resourceQuota(object);
      default -> {}
    }
  }

  private static void replicationController(ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    if (Fill.existing(spec, "template") instanceof ObjectNode template
        && Fill.existing(template, "metadata") instanceof ObjectNode metadata
        && Fill.existing(metadata, "labels") instanceof ObjectNode labels
        && !labels.isEmpty()) {
      if (spec.path("selector").isEmpty()) {
        spec.set("selector", labels.deepCopy());
      }
      ObjectNode own = Fill.child(object, "metadata");
      if (own.path("labels").isEmpty()) {
        own.set("labels", labels.deepCopy());
      }
    }
    Fill.number(spec, "replicas", 1);
    if (Fill.existing(spec, "template") != null) {
      PodDefaults.template(spec, "template");
    }
    Fill.number(Fill.child(object, "status"), "replicas", 0);
  }

  private static void endpoints(ObjectNode object) {
    for (ObjectNode subset : Fill.objects(object, "subsets")) {
      for (ObjectNode port : Fill.objects(subset, "ports")) {
        Fill.text(port, "protocol", "TCP");
      }
    }
  }

  private static void namespace(ObjectNode object) {
    ObjectNode metadata = Fill.child(object, "metadata");
    if (!Fill.blank(metadata, "name")) {
      Fill.child(metadata, "labels")
          .put("kubernetes.io/metadata.name", Fill.string(metadata, "name"));
    }
    Fill.child(object, "spec");
    Fill.text(Fill.child(object, "status"), "phase", "Active");
  }

  private static void event(ObjectNode object) {
    Fill.child(object, "involvedObject");
    Fill.child(object, "source");
    Fill.nothing(object, "firstTimestamp");
    Fill.nothing(object, "lastTimestamp");
    Fill.nothing(object, "eventTime");
    Fill.empty(object, "reportingComponent");
    Fill.empty(object, "reportingInstance");
  }

  private static void limitRange(ObjectNode object) {
    for (ObjectNode item : Fill.objects(Fill.child(object, "spec"), "limits")) {
      if (Fill.string(item, "type").equals("Container")) {
        ObjectNode limits = Fill.child(item, "default");
        ObjectNode requests = Fill.child(item, "defaultRequest");
        if (Fill.existing(item, "max") instanceof ObjectNode most) {
          Fill.missing(most, limits);
        }
        Fill.missing(limits, requests);
        if (Fill.existing(item, "min") instanceof ObjectNode least) {
          Fill.missing(least, requests);
        }
        dropEmpty(item, "default");
        dropEmpty(item, "defaultRequest");
      }
      for (String list :
          new String[] {"max", "min", "default", "defaultRequest", "maxLimitRequestRatio"}) {
        Fill.quantities(item, list);
      }
    }
  }

  private static void dropEmpty(ObjectNode item, String field) {
    if (item.path(field).isEmpty()) {
      item.remove(field);
    }
  }

  private static void resourceQuota(ObjectNode object) {
    Fill.quantities(Fill.child(object, "spec"), "hard");
    ObjectNode status = Fill.child(object, "status");
    Fill.quantities(status, "hard");
    Fill.quantities(status, "used");
  }
}
