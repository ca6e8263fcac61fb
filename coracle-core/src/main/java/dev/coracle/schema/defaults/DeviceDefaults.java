package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The claims of {@code resource.k8s.io}. */
final class DeviceDefaults {

  private DeviceDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "ResourceClaim" -> {
        claim(Fill.child(object, "spec"));
        Fill.child(object, "status");
      }
      case "ResourceClaimTemplate" -> {
        ObjectNode template = Fill.child(object, "spec");
        Fill.child(template, "metadata");
        claim(Fill.child(template, "spec"));
      }
      default -> {}
    }
  }

  private static void claim(ObjectNode spec) {
    for (ObjectNode request : Fill.objects(Fill.child(spec, "devices"), "requests")) {
      if (Fill.existing(request, "exactly") instanceof ObjectNode exactly) {
        allocation(exactly);
      }
      for (ObjectNode alternative : Fill.objects(request, "firstAvailable")) {
        allocation(alternative);
      }
      if (request.has("deviceClassName")) {
        allocation(request);
      }
    }
  }

  private static void allocation(ObjectNode request) {
    Fill.text(request, "allocationMode", "ExactCount");
    if (Fill.string(request, "allocationMode").equals("ExactCount")) {
      Fill.nonZero(request, "count", 1);
    }
    for (ObjectNode toleration : Fill.objects(request, "tolerations")) {
      Fill.text(toleration, "operator", "Equal");
    }
  }
}
