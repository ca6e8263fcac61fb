package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** PodDisruptionBudgets: only a status that is always written. */
final class PolicyDefaults {

  private PolicyDefaults() {}

  static void apply(String kind, ObjectNode object) {
    if (kind.equals("PodDisruptionBudget")) {
      Fill.child(object, "spec");
      ObjectNode status = Fill.child(object, "status");
      Fill.number(status, "disruptionsAllowed", 0);
      Fill.number(status, "currentHealthy", 0);
      Fill.number(status, "desiredHealthy", 0);
      Fill.number(status, "expectedPods", 0);
    }
  }
}
