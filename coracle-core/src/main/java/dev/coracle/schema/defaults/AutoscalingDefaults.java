package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** HorizontalPodAutoscalers, in both versions. */
final class AutoscalingDefaults {

  private static final int TARGET_CPU_PERCENT = 80;

  private AutoscalingDefaults() {}

  static void apply(String version, String kind, ObjectNode object) {
    if (!kind.equals("HorizontalPodAutoscaler")) {
      return;
    }
    ObjectNode spec = Fill.child(object, "spec");
    Fill.number(spec, "minReplicas", 1);
    ObjectNode status = Fill.child(object, "status");
    Fill.number(status, "desiredReplicas", 0);
    if (version.equals("v1")) {
      Fill.number(status, "currentReplicas", 0);
      boolean others =
          object
              .path("metadata")
              .path("annotations")
              .has("autoscaling.alpha.kubernetes.io/metrics");
      if (!others) {
        Fill.number(spec, "targetCPUUtilizationPercentage", TARGET_CPU_PERCENT);
      }
      return;
    }
    Fill.nothing(status, "currentMetrics");
    if (spec.path("metrics").isEmpty()) {
      ObjectNode metric = spec.putArray("metrics").addObject().put("type", "Resource");
      metric
          .putObject("resource")
          .put("name", "cpu")
          .putObject("target")
          .put("type", "Utilization")
          .put("averageUtilization", TARGET_CPU_PERCENT);
    }
    if (Fill.existing(spec, "behavior") instanceof ObjectNode behavior) {
      behavior(behavior);
    }
  }

  private static void behavior(ObjectNode behavior) {
    ObjectNode up = Fill.child(behavior, "scaleUp");
    Fill.number(up, "stabilizationWindowSeconds", 0);
    Fill.text(up, "selectPolicy", "Max");
    if (up.path("policies").isEmpty()) {
      up.putArray("policies").add(policy(up, "Pods", 4)).add(policy(up, "Percent", 100));
    }
    ObjectNode down = Fill.child(behavior, "scaleDown");
    Fill.text(down, "selectPolicy", "Max");
    if (down.path("policies").isEmpty()) {
      down.putArray("policies").add(policy(down, "Percent", 100));
    }
  }

  private static ObjectNode policy(ObjectNode factory, String type, int value) {
    return factory.objectNode().put("type", type).put("value", value).put("periodSeconds", 15);
  }
}
