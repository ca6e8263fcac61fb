package dev.coracle.registry.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.Meta;
import dev.coracle.registry.ResourceType;
import org.jspecify.annotations.Nullable;

/** The built-in versions that are not the stored ones. */
final class Conversions {

  private Conversions() {}

  static @Nullable Conversion of(ResourceType type) {
    if (type.group().equals("events.k8s.io")) {
      return new Events();
    }
    if (type.group().equals("autoscaling") && type.version().equals("v1")) {
      return new Autoscaling();
    }
    return null;
  }

  /** A conversion that changes a tree in place. */
  private abstract static class InPlace implements Conversion {

    private final String apiVersion;

    InPlace(String apiVersion) {
      this.apiVersion = apiVersion;
    }

    abstract void toStored(ObjectNode object);

    abstract void fromStored(ObjectNode object);

    @Override
    public KubeObject served(KubeObject stored) {
      if (stored.apiVersion().equals(apiVersion)) {
        return stored;
      }
      ObjectNode tree = stored.mutableTree();
      fromStored(tree);
      Meta.canonical(tree);
      return KubeObject.of(tree);
    }

    @Override
    public ObjectNode stored(ObjectNode served) {
      ObjectNode stored = served.deepCopy();
      toStored(stored);
      return stored;
    }
  }

  private static void rename(ObjectNode object, String from, String to) {
    JsonNode value = object.remove(from);
    if (value != null) {
      object.set(to, value);
    }
  }

  /** events.k8s.io/v1 renames what the core group's Events have. */
  private static final class Events extends InPlace {

    Events() {
      super("events.k8s.io/v1");
    }

    private static final String[][] NAMES = {
      // core, events.k8s.io
      {"involvedObject", "regarding"},
      {"message", "note"},
      {"source", "deprecatedSource"},
      {"firstTimestamp", "deprecatedFirstTimestamp"},
      {"lastTimestamp", "deprecatedLastTimestamp"},
      {"count", "deprecatedCount"},
      {"reportingComponent", "reportingController"}
    };

    @Override
    void toStored(ObjectNode object) {
      object.put("apiVersion", "v1");
      for (String[] name : NAMES) {
        rename(object, name[1], name[0]);
      }
    }

    @Override
    void fromStored(ObjectNode object) {
      object.put("apiVersion", "events.k8s.io/v1");
      for (String[] name : NAMES) {
        rename(object, name[0], name[1]);
      }
    }
  }

  /**
   * autoscaling/v1 knows one metric, the CPU's utilization, by fields of their own; what else v2
   * says travels in annotations, as Kubernetes does it.
   */
  private static final class Autoscaling extends InPlace {

    Autoscaling() {
      super("autoscaling/v1");
    }

    private static final String METRICS = "autoscaling.alpha.kubernetes.io/metrics";
    private static final String BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior";
    private static final String CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions";
    private static final String CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics";

    @Override
    void toStored(ObjectNode object) {
      object.put("apiVersion", "autoscaling/v2");
      ObjectNode spec = Meta.child(object, "spec");
      var metrics = dev.coracle.api.Json.array();
      JsonNode target = spec.remove("targetCPUUtilizationPercentage");
      if (target != null && !target.isNull()) {
        metrics.add(cpu("target", "Utilization", target));
      }
      JsonNode others = take(object, METRICS);
      if (others != null) {
        others.forEach(metric -> metrics.add(AutoscalerMetrics.metricOf(metric)));
      }
      if (!metrics.isEmpty()) {
        spec.set("metrics", metrics);
      }
      JsonNode behavior = take(object, BEHAVIOR);
      ObjectNode rules = behavior == null ? null : AutoscalerMetrics.behaviorOf(behavior);
      if (rules != null) {
        spec.set("behavior", rules);
      }
      if (object.get("status") instanceof ObjectNode status) {
        var current = dev.coracle.api.Json.array();
        JsonNode now = status.remove("currentCPUUtilizationPercentage");
        if (now != null && !now.isNull()) {
          current.add(cpu("current", "", now));
        }
        JsonNode all = take(object, CURRENT);
        if (all != null && !all.isEmpty()) {
          current.removeAll();
          all.forEach(state -> current.add(AutoscalerMetrics.stateOf(state)));
        }
        // v2 always has the one, though it may be null, and leaves a zero of the other out.
        status.set("currentMetrics", current.isEmpty() ? status.nullNode() : current);
        if (status.path("currentReplicas").asInt() == 0) {
          status.remove("currentReplicas");
        }
        JsonNode conditions = take(object, CONDITIONS);
        if (conditions != null) {
          status.set("conditions", conditions);
        }
      }
    }

    @Override
    void fromStored(ObjectNode object) {
      object.put("apiVersion", "autoscaling/v1");
      ObjectNode spec = Meta.child(object, "spec");
      var others = dev.coracle.api.Json.array();
      JsonNode metrics = spec.remove("metrics");
      if (metrics != null) {
        for (JsonNode metric : metrics) {
          JsonNode utilization = metric.path("resource").path("target").path("averageUtilization");
          if (isCpu(metric) && utilization.isNumber()) {
            spec.set("targetCPUUtilizationPercentage", utilization);
          } else {
            others.add(AutoscalerMetrics.metric(metric));
          }
        }
      }
      annotate(object, METRICS, others);
      JsonNode behavior = spec.remove("behavior");
      annotate(
          object,
          BEHAVIOR,
          behavior == null || !behavior.isObject() ? null : AutoscalerMetrics.behavior(behavior));
      if (object.get("status") instanceof ObjectNode status) {
        if (!status.has("currentReplicas")) {
          status.put("currentReplicas", 0);
        }
        // All of them: a percentage alone would lose the amount.
        var all = dev.coracle.api.Json.array();
        JsonNode current = status.remove("currentMetrics");
        if (current != null) {
          for (JsonNode metric : current) {
            JsonNode utilization =
                metric.path("resource").path("current").path("averageUtilization");
            if (isCpu(metric) && utilization.isNumber()) {
              status.set("currentCPUUtilizationPercentage", utilization);
            }
            all.add(AutoscalerMetrics.state(metric));
          }
        }
        annotate(object, CURRENT, all);
        JsonNode conditions = status.remove("conditions");
        if (conditions != null) {
          var told = dev.coracle.api.Json.array();
          conditions.forEach(condition -> told.add(AutoscalerMetrics.condition(condition)));
          annotate(object, CONDITIONS, told);
        }
      }
    }

    private static boolean isCpu(JsonNode metric) {
      return metric.path("type").asText().equals("Resource")
          && metric.path("resource").path("name").asText().equals("cpu");
    }

    private static ObjectNode cpu(String field, String type, JsonNode utilization) {
      ObjectNode metric = dev.coracle.api.Json.object().put("type", "Resource");
      ObjectNode value = metric.putObject("resource").put("name", "cpu").putObject(field);
      if (!type.isEmpty()) {
        value.put("type", type);
      }
      value.set("averageUtilization", utilization);
      return metric;
    }

    private static @Nullable JsonNode take(ObjectNode object, String annotation) {
      if (Meta.of(object).get("annotations") instanceof ObjectNode annotations
          && annotations.remove(annotation) instanceof JsonNode value) {
        if (annotations.isEmpty()) {
          Meta.of(object).remove("annotations");
        }
        try {
          return dev.coracle.api.Json.read(value.asText(""));
        } catch (IllegalArgumentException e) {
          return null;
        }
      }
      return null;
    }

    private static void annotate(ObjectNode object, String annotation, @Nullable JsonNode value) {
      if (value != null && !value.isNull() && !value.isEmpty()) {
        Meta.child(Meta.of(object), "annotations").put(annotation, value.toString());
      }
    }
  }
}
