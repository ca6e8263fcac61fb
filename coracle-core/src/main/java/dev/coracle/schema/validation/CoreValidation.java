package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import dev.coracle.schema.validation.field.ResourceValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import dev.coracle.schema.validation.network.NetworkingValidation;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The small kinds of the core group. */
final class CoreValidation {

  private CoreValidation() {}

  static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    switch (kind) {
      case "Namespace" -> {
        for (Field finalizer : spec.child("finalizers").items()) {
          finalizer.invalid(Names.qualifiedName(finalizer.text()));
          if (finalizer.text().indexOf('/') < 0 && !finalizer.text().equals("kubernetes")) {
            finalizer.invalid(
                "name is neither a standard finalizer name nor is it fully qualified");
          }
        }
      }
      case "Node" -> node(spec, old);
      case "Event" -> EventValidation.core(object, errors);
      case "LimitRange" -> limitRange(spec);
      case "ResourceQuota" -> resourceQuota(spec, old);
      case "Binding" -> {
        Field target = Field.of(object, "target", errors);
        if (!target.text("kind").isEmpty() && !target.text("kind").equals("Node")) {
          errors.notSupported(
              target.child("kind").path(), target.text("kind"), List.of("Node", "<empty>"));
        }
        target.child("name").needed();
      }
      default -> {}
    }
  }

  private static void node(Field spec, @Nullable ObjectNode old) {
    for (Field taint : spec.child("taints").items()) {
      SelectorValidation.key(taint.child("key"));
      Field value = taint.child("value");
      value.invalid(Names.labelValue(value.text()));
      taint.child("effect").neededOneOf("NoSchedule", "PreferNoSchedule", "NoExecute");
    }
    for (Field cidr : spec.child("podCIDRs").items()) {
      NetworkingValidation.cidr(cidr);
    }
    if (old != null) {
      String before = old.path("spec").path("podCIDR").asText("");
      if (!before.isEmpty() && !before.equals(spec.text("podCIDR"))) {
        spec.errors()
            .forbidden(
                spec.path().child("podCIDRs"),
                "node updates may not change podCIDR except from \"\" to valid");
      }
      String provider = old.path("spec").path("providerID").asText("");
      if (!provider.isEmpty() && !provider.equals(spec.text("providerID"))) {
        spec.child("providerID")
            .forbidden("node updates may not change providerID except from \"\" to valid");
      }
    }
  }

  private static void limitRange(Field spec) {
    for (Field limit : spec.child("limits").items()) {
      limit.child("type").needed();
      for (Map.Entry<String, JsonNode> entry : limit.json().path("max").properties()) {
        var most = limit.child("max").child(entry.getKey()).quantity();
        var least = limit.child("min").child(entry.getKey()).quantity();
        if (most != null && least != null && least.compareTo(most) > 0) {
          FieldPath path = limit.path().child("min").key(entry.getKey());
          limit
              .errors()
              .invalid(
                  path,
                  least.toString(),
                  "min value " + least + " is greater than max value " + most);
        }
      }
    }
  }

  private static void resourceQuota(Field spec, @Nullable ObjectNode old) {
    for (Map.Entry<String, JsonNode> entry : spec.json().path("hard").properties()) {
      Field amount =
          new Field(entry.getValue(), spec.path().child("hard").key(entry.getKey()), spec.errors());
      amount.errors().invalid(amount.path(), entry.getKey(), Names.qualifiedName(entry.getKey()));
      ResourceValidation.quantity(amount, false);
    }
    if (old != null) {
      spec.child("scopes").immutable(old.path("spec").path("scopes"));
    }
  }
}
