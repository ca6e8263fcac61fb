package dev.coracle.schema.validation.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.SelectorValidation;

/** PodDisruptionBudgets. */
public final class PolicyValidation {

  private PolicyValidation() {}

  public static void validate(String kind, ObjectNode object, FieldErrors errors) {
    if (!kind.equals("PodDisruptionBudget")) {
      return;
    }
    Field spec = Field.of(object, "spec", errors);
    if (spec.has("minAvailable") && spec.has("maxUnavailable")) {
      errors.invalid(
          spec.path(), shown(spec.json()), "minAvailable and maxUnavailable cannot be both set");
    }
    for (String amount : new String[] {"minAvailable", "maxUnavailable"}) {
      if (spec.has(amount)) {
        spec.child(amount).amountOrPercent();
        spec.child(amount).atMostAll();
      }
    }
    SelectorValidation.validate(spec.child("selector"));
    spec.child("unhealthyPodEvictionPolicy").oneOf("AlwaysAllow", "IfHealthyBudget");
  }

  /** The spec as the message shows it, with the internal names of its fields. */
  private static JsonNode shown(JsonNode spec) {
    ObjectNode shown = Json.object();
    shown.set("MinAvailable", orNull(spec, "minAvailable"));
    shown.set("Selector", orNull(spec, "selector"));
    shown.set("MaxUnavailable", orNull(spec, "maxUnavailable"));
    shown.set("UnhealthyPodEvictionPolicy", orNull(spec, "unhealthyPodEvictionPolicy"));
    return shown;
  }

  private static JsonNode orNull(JsonNode spec, String field) {
    JsonNode value = spec.get(field);
    return value == null ? Json.object().nullNode() : value;
  }
}
