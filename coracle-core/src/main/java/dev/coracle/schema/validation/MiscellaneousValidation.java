package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import org.jspecify.annotations.Nullable;

/** Leases, PriorityClasses, RuntimeClasses, TokenRequests. */
final class MiscellaneousValidation {

  private static final long HIGHEST_PRIORITY = 1_000_000_000;

  private MiscellaneousValidation() {}

  static void validate(
      GroupVersionKind gvk, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    switch (gvk.kind()) {
      case "Lease" -> {
        Field seconds = spec.child("leaseDurationSeconds");
        seconds.positive();
        spec.child("leaseTransitions").nonNegative();
        spec.child("strategy").oneOf("OldestEmulationVersion");
      }
      case "PriorityClass" -> priorityClass(object, old, errors);
      case "RuntimeClass" -> {
        Field handler = Field.of(object, "handler", errors);
        if (handler.needed()) {
          handler.dnsLabel();
        }
        if (old != null) {
          handler.immutable(old.path("handler"));
        }
      }
      case "TokenRequest" -> {
        Field seconds = spec.child("expirationSeconds");
        if (seconds.present() && seconds.number() < 600) {
          seconds.invalid("may not specify a duration less than 10 minutes");
        }
        if (seconds.number() > 1L << 32) {
          seconds.invalid("may not specify a duration larger than 2^32 seconds");
        }
      }
      case "Event" -> EventValidation.events(object, old, errors);
      default -> {}
    }
  }

  private static void priorityClass(
      ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field name = Field.of(object, "metadata", errors).child("name");
    Field value = Field.of(object, "value", errors);
    boolean system =
        name.text().equals("system-node-critical") || name.text().equals("system-cluster-critical");
    if (name.text().startsWith("system-") && !system) {
      name.forbidden(
          "priority class names with 'system-' prefix are reserved for system use only. error: "
              + name.text()
              + " is not a known system priority class");
    }
    if (!system && value.number() > HIGHEST_PRIORITY) {
      value.forbidden("maximum allowed value of a user defined priority is " + HIGHEST_PRIORITY);
    }
    Field.of(object, "preemptionPolicy", errors).oneOf("Never", "PreemptLowerPriority");
    if (old != null) {
      if (old.path("value").asLong(0) != value.number()) {
        value.forbidden("may not be changed in an update.");
      }
      Field.of(object, "preemptionPolicy", errors).immutable(old.path("preemptionPolicy"));
    }
  }
}
