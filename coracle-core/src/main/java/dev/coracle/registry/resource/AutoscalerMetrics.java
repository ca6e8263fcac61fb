package dev.coracle.registry.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The forms that metrics, their states and behavior of {@code autoscaling/v2} have in the
 * annotations of {@code autoscaling/v1}: metrics are v1's own types, behavior is written by the
 * names of Kubernetes' internal fields.
 */
final class AutoscalerMetrics {

  /** In their order there; each after its name here. */
  private static final Map<String, String> KINDS =
      Map.of(
          "Object", "object",
          "Pods", "pods",
          "Resource", "resource",
          "ContainerResource", "containerResource",
          "External", "external");

  private static final String[][] BEHAVIOR = {
    {"stabilizationWindowSeconds", "StabilizationWindowSeconds"},
    {"selectPolicy", "SelectPolicy"},
    {"policies", "Policies"},
    {"tolerance", "Tolerance"}
  };
  private static final String[] POLICY = {"type", "value", "periodSeconds"};

  private AutoscalerMetrics() {}

  /** From {@code spec.metrics}. */
  static ObjectNode metric(JsonNode metric) {
    return annotated(metric, "target", "target");
  }

  /** From {@code status.currentMetrics}. */
  static ObjectNode state(JsonNode state) {
    return annotated(state, "current", "current");
  }

  private static ObjectNode annotated(JsonNode metric, String field, String prefix) {
    String type = metric.path("type").asText();
    ObjectNode to = Json.object().put("type", type);
    String kind = KINDS.get(type);
    if (kind == null || !metric.path(kind).isObject()) {
      return to;
    }
    JsonNode from = metric.path(kind);
    JsonNode value = from.path(field);
    ObjectNode own = to.putObject(kind);
    boolean states = prefix.equals("current");
    JsonNode zero = own.textNode("0");
    switch (type) {
      case "Object" -> {
        own.set("target", reference(from.path("describedObject")));
        own.set("metricName", from.path("metric").path("name"));
        own.set(prefix + "Value", value.path("value").isTextual() ? value.get("value") : zero);
        copy(from.path("metric"), "selector", own, "selector");
        copy(value, "averageValue", own, "averageValue");
      }
      case "Pods" -> {
        own.set("metricName", from.path("metric").path("name"));
        own.set(
            prefix + "AverageValue",
            value.path("averageValue").isTextual() ? value.get("averageValue") : zero);
        copy(from.path("metric"), "selector", own, "selector");
      }
      case "External" -> {
        own.set("metricName", from.path("metric").path("name"));
        copy(from.path("metric"), "selector", own, "metricSelector");
        if (states && !value.path("value").isTextual()) {
          own.set(prefix + "Value", zero);
        }
        copy(value, "value", own, prefix + "Value");
        copy(value, "averageValue", own, prefix + "AverageValue");
      }
      default -> {
        own.set("name", from.path("name"));
        copy(value, "averageUtilization", own, prefix + "AverageUtilization");
        if (states && !value.path("averageValue").isTextual()) {
          own.set(prefix + "AverageValue", zero);
        }
        copy(value, "averageValue", own, prefix + "AverageValue");
        copy(from, "container", own, "container");
      }
    }
    return to;
  }

  /** To {@code spec.metrics}. */
  static ObjectNode metricOf(JsonNode annotated) {
    return of(annotated, "target");
  }

  /** To {@code status.currentMetrics}. */
  static ObjectNode stateOf(JsonNode annotated) {
    return of(annotated, "current");
  }

  private static ObjectNode of(JsonNode annotated, String prefix) {
    String type = annotated.path("type").asText();
    ObjectNode to = Json.object().put("type", type);
    String kind = KINDS.get(type);
    if (kind == null || !annotated.path(kind).isObject()) {
      return to;
    }
    JsonNode from = annotated.path(kind);
    ObjectNode own = to.putObject(kind);
    ObjectNode value = Json.object();
    switch (type) {
      case "Object" -> {
        own.set("describedObject", reference(from.path("target")));
        identify(own, from, "selector");
        copy(from, "averageValue", value, "averageValue");
        if (value.isEmpty()) {
          copy(from, prefix + "Value", value, "value");
        }
      }
      case "Pods" -> {
        identify(own, from, "selector");
        copy(from, prefix + "AverageValue", value, "averageValue");
      }
      case "External" -> {
        identify(own, from, "metricSelector");
        copy(from, prefix + "AverageValue", value, "averageValue");
        if (value.isEmpty()) {
          copy(from, prefix + "Value", value, "value");
        }
      }
      default -> {
        own.set("name", from.path("name"));
        copy(from, "container", own, "container");
        copy(from, prefix + "AverageUtilization", value, "averageUtilization");
        copy(from, prefix + "AverageValue", value, "averageValue");
      }
    }
    if (prefix.equals("target")) {
      value.put(
          "type",
          value.has("averageUtilization")
              ? "Utilization"
              : value.has("averageValue") ? "AverageValue" : "Value");
    }
    own.set(prefix, value);
    return to;
  }

  private static void identify(ObjectNode own, JsonNode from, String selector) {
    ObjectNode metric = own.putObject("metric");
    metric.set("name", from.path("metricName"));
    copy(from, selector, metric, "selector");
  }

  private static ObjectNode reference(JsonNode from) {
    ObjectNode reference =
        Json.object()
            .put("kind", from.path("kind").asText())
            .put("name", from.path("name").asText());
    copy(from, "apiVersion", reference, "apiVersion");
    return reference;
  }

  private static void copy(JsonNode from, String name, ObjectNode to, String as) {
    if (from.hasNonNull(name)) {
      to.set(as, from.get(name));
    }
  }

  /** A condition with its fields in the order that the annotation has. */
  static ObjectNode condition(JsonNode condition) {
    ObjectNode ordered = Json.object();
    for (String field :
        new String[] {"type", "status", "lastTransitionTime", "reason", "message"}) {
      copy(condition, field, ordered, field);
    }
    return ordered;
  }

  /** From {@code spec.behavior}. */
  static ObjectNode behavior(JsonNode behavior) {
    ObjectNode internal = Json.object();
    internal.set("ScaleUp", rules(behavior.get("scaleUp")));
    internal.set("ScaleDown", rules(behavior.get("scaleDown")));
    return internal;
  }

  private static JsonNode rules(@Nullable JsonNode rules) {
    if (rules == null || !rules.isObject()) {
      return Json.object().nullNode();
    }
    ObjectNode internal = Json.object();
    for (String[] name : BEHAVIOR) {
      JsonNode value = rules.get(name[0]);
      if (value == null) {
        internal.putNull(name[1]);
      } else if (value.isArray()) {
        ArrayNode policies = internal.putArray(name[1]);
        for (JsonNode policy : value) {
          ObjectNode own = policies.addObject();
          for (String field : POLICY) {
            copy(policy, field, own, capital(field));
          }
        }
      } else {
        internal.set(name[1], value);
      }
    }
    return internal;
  }

  /** To {@code spec.behavior}; null when there is nothing in it. */
  static @Nullable ObjectNode behaviorOf(JsonNode internal) {
    ObjectNode behavior = Json.object();
    for (String direction : new String[] {"scaleUp", "scaleDown"}) {
      JsonNode rules = member(internal, direction);
      if (rules.isObject()) {
        behavior.set(direction, rulesOf(rules));
      }
    }
    return behavior.isEmpty() ? null : behavior;
  }

  private static ObjectNode rulesOf(JsonNode internal) {
    ObjectNode rules = Json.object();
    for (String[] name : BEHAVIOR) {
      JsonNode value = member(internal, name[0]);
      if (value.isArray()) {
        ArrayNode policies = rules.putArray(name[0]);
        for (JsonNode policy : value) {
          ObjectNode own = policies.addObject();
          for (String field : POLICY) {
            if (member(policy, field).isValueNode()) {
              own.set(field, member(policy, field));
            }
          }
        }
      } else if (value.isValueNode() && !value.isNull()) {
        rules.set(name[0], value);
      }
    }
    return rules;
  }

  /** A member by its name in whatever letters, as Go reads JSON. */
  private static JsonNode member(JsonNode object, String name) {
    for (Map.Entry<String, JsonNode> each : object.properties()) {
      if (each.getKey().equalsIgnoreCase(name)) {
        return each.getValue();
      }
    }
    return object.path(name);
  }

  private static String capital(String name) {
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }
}
