package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.api.Timestamps;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import dev.coracle.schema.validation.field.Trees;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Events of both groups. Those of the core group are taken nearly as they come; {@code
 * events.k8s.io} is strict, and changes nothing but an Event's series. Errors name fields as the
 * core group does, whichever was used.
 */
final class EventValidation {

  private static final String[] UNCHANGING = {
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingController",
    "reportingInstance"
  };
  private static final int SHORT = 128;
  private static final int LONG = 1024;

  private final boolean strict;
  private final ObjectNode event;
  private final FieldErrors errors;

  private EventValidation(boolean strict, ObjectNode event, FieldErrors errors) {
    this.strict = strict;
    this.event = event;
    this.errors = errors;
  }

  /** An Event of the core group. */
  static void core(ObjectNode event, FieldErrors errors) {
    new EventValidation(false, event, errors).always();
  }

  /** An Event of {@code events.k8s.io}. */
  static void events(ObjectNode event, @Nullable ObjectNode old, FieldErrors errors) {
    EventValidation validation = new EventValidation(true, event, errors);
    validation.always();
    if (old == null) {
      validation.created();
    } else {
      validation.updated(old);
    }
  }

  /** A field by the name of the core group. */
  private JsonNode get(ObjectNode from, String name) {
    if (!strict) {
      return from.path(name.equals("reportingController") ? "reportingComponent" : name);
    }
    return from.path(
        switch (name) {
          case "involvedObject" -> "regarding";
          case "message" -> "note";
          case "source" -> "deprecatedSource";
          case "firstTimestamp" -> "deprecatedFirstTimestamp";
          case "lastTimestamp" -> "deprecatedLastTimestamp";
          case "count" -> "deprecatedCount";
          default -> name;
        });
  }

  private String text(String name) {
    return get(event, name).asText("");
  }

  private boolean has(String name) {
    JsonNode value = get(event, name);
    return !value.isMissingNode() && !value.isNull();
  }

  private void always() {
    String namespace = event.path("metadata").path("namespace").asText("");
    String involved = get(event, "involvedObject").path("namespace").asText("");
    boolean timed = has("eventTime");
    boolean ofNone =
        involved.isEmpty()
            && (namespace.equals("default")
                || (timed ? namespace.equals("kube-system") : namespace.isEmpty()));
    if (!ofNone && (involved.isEmpty() || (!timed && !involved.equals(namespace)))) {
      errors.invalid(
          FieldPath.of("involvedObject").child("namespace"),
          involved,
          "does not match event.namespace");
    }
    if (!timed) {
      return;
    }
    FieldPath controller = FieldPath.of(strict ? "reportingController" : "reportingComponent");
    if (text("reportingController").isEmpty()) {
      errors.required(controller, "");
    }
    errors.invalid(
        controller, text("reportingController"), Names.qualifiedName(text("reportingController")));
    for (String field : new String[] {"reportingInstance", "action", "reason"}) {
      if (text(field).isEmpty()) {
        errors.required(FieldPath.of(field), "");
      }
      atMost(field, SHORT);
    }
    atMost("message", LONG);
  }

  private void atMost(String field, int length) {
    if (FieldErrors.bytes(text(field)) > length) {
      errors.invalid(FieldPath.of(field), "", "can have at most " + length + " characters");
    }
  }

  private void created() {
    series();
    if (!has("eventTime")) {
      errors.required(FieldPath.of("eventTime"), "");
    }
    String type = text("type");
    if (!type.equals("Normal") && !type.equals("Warning")) {
      errors.invalid(FieldPath.of("type"), "", "has invalid value: " + type);
    }
    JsonNode source = get(event, "source");
    unset("firstTimestamp", has("firstTimestamp"));
    unset("lastTimestamp", has("lastTimestamp"));
    unset("count", get(event, "count").asInt() != 0);
    unset(
        "source",
        !source.path("component").asText("").isEmpty()
            || !source.path("host").asText("").isEmpty());
  }

  private void unset(String field, boolean isSet) {
    if (isSet) {
      errors.invalid(FieldPath.of(field), "", "needs to be unset");
    }
  }

  private void series() {
    JsonNode series = event.path("series");
    if (!series.isObject()) {
      return;
    }
    if (series.path("count").asInt() < 2) {
      errors.invalid(FieldPath.of("series.count"), "", "should be at least 2");
    }
    if (series.path("lastObservedTime").asText("").isEmpty()) {
      errors.required(FieldPath.of("series.lastObservedTime"), "");
    }
  }

  private void updated(ObjectNode old) {
    if (!Trees.same(event.path("series"), old.path("series"))) {
      series();
    }
    for (String name : UNCHANGING) {
      if (name.equals("eventTime") && micros(event).equals(micros(old))) {
        continue;
      }
      new Field(get(event, name), FieldPath.of(name), errors).immutable(get(old, name));
    }
  }

  private static Instant micros(ObjectNode event) {
    Instant time = Timestamps.parse(event.path("eventTime").asText(""));
    return time == null ? Instant.EPOCH : time.truncatedTo(ChronoUnit.MICROS);
  }
}
