package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The groups that have one or two small defaults. */
final class MiscellaneousDefaults {

  private MiscellaneousDefaults() {}

  static void apply(String group, String kind, ObjectNode object) {
    switch (kind) {
      case "PriorityClass" -> Fill.text(object, "preemptionPolicy", "PreemptLowerPriority");
      case "Lease", "PodCertificateRequest" -> Fill.child(object, "spec");
      case "CertificateSigningRequest" -> Fill.child(object, "status");
      case "APIService" -> {
        WebhookDefaults.servicePort(Fill.child(object, "spec"));
        Fill.child(object, "status");
      }
      case "TokenRequest" -> {
        ObjectNode spec = Fill.child(object, "spec");
        Fill.nothing(spec, "audiences");
        Fill.number(spec, "expirationSeconds", 3600);
        Fill.nothing(spec, "boundObjectRef");
      }
      case "RuntimeClass" -> {
        if (Fill.existing(object, "overhead") instanceof ObjectNode overhead) {
          Fill.quantities(overhead, "podFixed");
        }
      }
      case "Event" -> {
        if (group.equals("events.k8s.io")) {
          event(object);
        }
      }
      default -> {}
    }
  }

  private static void event(ObjectNode object) {
    Fill.nothing(object, "eventTime");
    Fill.child(object, "regarding");
    Fill.child(object, "deprecatedSource");
    Fill.nothing(object, "deprecatedFirstTimestamp");
    Fill.nothing(object, "deprecatedLastTimestamp");
  }
}
