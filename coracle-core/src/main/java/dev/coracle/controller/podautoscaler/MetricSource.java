package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.Quantity;
import dev.coracle.client.Client;
import java.time.Instant;
import java.util.List;

/** What each entry of {@code spec.metrics} asks for. */
final class MetricSource {

  /**
   * An answer.
   *
   * @param name of the metric, as the reason of a rescale says it
   * @param status the entry of {@code status.currentMetrics}
   */
  record Answer(int replicas, String name, ObjectNode status) {}

  /** A source that gives no answer, with the reason of the condition. */
  static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1;
    private final String reason;
    private final String cause;

    Unavailable(String reason, String cause, String message) {
      super(message);
      this.reason = reason;
      this.cause = cause;
    }

    String reason() {
      return reason;
    }

    /** What the condition and the event say. */
    String why() {
      return cause;
    }
  }

  /**
   * The target as it is now.
   *
   * @param replicas that it shall have
   * @param running that it has
   */
  record Target(
      String namespace, String selector, List<KubeObject> pods, int replicas, int running) {}

  private final PodMetrics podMetrics;
  private final CustomMetrics customMetrics;
  private final ExternalMetrics externalMetrics;

  MetricSource(Client client) {
    this.podMetrics = new PodMetrics(client);
    this.customMetrics = new CustomMetrics(client);
    this.externalMetrics = new ExternalMetrics(client);
  }

  Answer ask(JsonNode metric, Target target, ReplicaCalculator.Tolerances tolerances, Instant now)
      throws Unavailable {
    ReplicaCalculator calculator =
        new ReplicaCalculator(target.pods, target.replicas, tolerances, now);
    String type = metric.path("type").asText();
    return switch (type) {
      case "Resource" ->
          resource(metric.path("resource"), "", target, calculator, "FailedGetResourceMetric");
      case "ContainerResource" -> {
        JsonNode source = metric.path("containerResource");
        yield resource(
            source,
            source.path("container").asText(),
            target,
            calculator,
            "FailedGetContainerResourceMetric");
      }
      case "Pods" -> pods(metric.path("pods"), target, calculator);
      case "Object" -> object(metric.path("object"), target, calculator);
      case "External" -> external(metric.path("external"), target, calculator);
      default ->
          throw new Unavailable(
              "InvalidMetricSourceType",
              "unknown metric source type \"" + type + "\"",
              "unknown metric source type \"" + type + "\"");
    };
  }

  private static String name(JsonNode source) {
    return source.path("metric").path("name").asText();
  }

  /** The selector of a metric's own labels as a query has it. */
  private static String selector(JsonNode source) {
    JsonNode selector = source.path("metric").path("selector");
    return selector.isObject() ? LabelSelector.of(selector).toString() : "";
  }

  private static boolean isAverage(JsonNode source) {
    return source.path("target").hasNonNull("averageValue");
  }

  private static long wanted(JsonNode source, String field) {
    return Quantity.of(source.path("target").path(field)).milliValue();
  }

  /** A status with the metric's name and selector and what is current. */
  private static ObjectNode status(
      String type, String kind, JsonNode source, String field, long current) {
    ObjectNode status = Json.object().put("type", type);
    ObjectNode own = status.putObject(kind);
    own.set("metric", source.path("metric").deepCopy());
    own.putObject("current").put(field, Quantity.milli(current).toString());
    return status;
  }

  private Answer resource(
      JsonNode source, String container, Target target, ReplicaCalculator calculator, String reason)
      throws Unavailable {
    String resource = source.path("name").asText();
    boolean average = isAverage(source);
    ObjectNode status = Json.object();
    String kind = container.isEmpty() ? "resource" : "containerResource";
    status.put("type", container.isEmpty() ? "Resource" : "ContainerResource");
    ObjectNode own = status.putObject(kind).put("name", resource);
    if (!container.isEmpty()) {
      own.put("container", container);
    }
    ObjectNode current = own.putObject("current");
    try {
      var metrics = podMetrics.read(target.namespace, target.selector, resource, container);
      ReplicaCalculator.Proposal proposal;
      String name = resource + " resource";
      if (average) {
        proposal = calculator.average(metrics, resource, wanted(source, "averageValue"));
      } else {
        proposal =
            calculator.utilization(
                metrics,
                resource,
                container,
                source.path("target").path("averageUtilization").asInt());
        current.put("averageUtilization", proposal.utilization());
        name =
            resource
                + (container.isEmpty() ? " resource" : " container resource")
                + " utilization (percentage of request)";
      }
      current.put("averageValue", Quantity.milli(proposal.usage()).toString());
      return new Answer(proposal.replicas(), name, status);
    } catch (MetricsFailure e) {
      String why =
          "failed to get %s %s: %s".formatted(resource, average ? "usage" : "utilization", e.why());
      String prefix =
          container.isEmpty()
              ? "failed to get " + resource + " resource metric value: "
              : "failed to get " + container + " container metric value: ";
      throw new Unavailable(reason, why, prefix + why);
    }
  }

  private Answer pods(JsonNode source, Target target, ReplicaCalculator calculator)
      throws Unavailable {
    String metric = name(source);
    try {
      var metrics =
          wrapped(
              "unable to get metric " + metric + ": ",
              () ->
                  customMetrics.ofPods(
                      target.namespace, target.selector, metric, selector(source)));
      ReplicaCalculator.Proposal proposal =
          calculator.average(metrics, "", wanted(source, "averageValue"));
      return new Answer(
          proposal.replicas(),
          "pods metric " + metric,
          status("Pods", "pods", source, "averageValue", proposal.usage()));
    } catch (MetricsFailure e) {
      throw new Unavailable(
          "FailedGetPodsMetric", e.why(), "failed to get pods metric value: " + e.why());
    }
  }

  private Answer object(JsonNode source, Target target, ReplicaCalculator calculator)
      throws Unavailable {
    String metric = name(source);
    JsonNode described = source.path("describedObject");
    String kind = described.path("kind").asText();
    boolean average = isAverage(source);
    try {
      // The places of the object's name and the cause are Kubernetes' own.
      long value =
          wrapped(
              "unable to get metric %s: %s on %s %s/"
                  .formatted(metric, kind, target.namespace, described.path("name").asText()),
              () -> customMetrics.ofObject(target.namespace, described, metric, selector(source)));
      if (average) {
        ReplicaCalculator.Proposal proposal =
            calculator.shared(value, wanted(source, "averageValue"), target.running);
        ObjectNode status = status("Object", "object", source, "averageValue", proposal.usage());
        status.withObject("/object/describedObject").put("kind", "").put("name", "");
        return new Answer(proposal.replicas(), external(source), status);
      }
      int replicas = calculator.ofRatio((double) value / wanted(source, "value"));
      ObjectNode status = status("Object", "object", source, "value", value);
      status.withObject("/object").set("describedObject", described.deepCopy());
      return new Answer(replicas, kind + " metric " + metric, status);
    } catch (MetricsFailure e) {
      throw new Unavailable(
          "FailedGetObjectMetric",
          e.why(),
          "failed to get object metric value: "
              + (average ? "failed to get " + metric + " object metric: " : "")
              + e.why());
    }
  }

  private Answer external(JsonNode source, Target target, ReplicaCalculator calculator)
      throws Unavailable {
    String metric = name(source);
    boolean average = isAverage(source);
    try {
      long value =
          wrapped(
              "unable to get external metric %s/%s/%s: "
                  .formatted(target.namespace, metric, shown(source)),
              () -> externalMetrics.sum(target.namespace, metric, selector(source)));
      if (average) {
        ReplicaCalculator.Proposal proposal =
            calculator.shared(value, wanted(source, "averageValue"), target.running);
        return new Answer(
            proposal.replicas(),
            external(source),
            status("External", "external", source, "averageValue", proposal.usage()));
      }
      return new Answer(
          calculator.ofRatio((double) value / wanted(source, "value")),
          external(source),
          status("External", "external", source, "value", value));
    } catch (MetricsFailure e) {
      throw new Unavailable(
          "FailedGetExternalMetric",
          e.why(),
          "failed to get %s external metric value: failed to get %s: %s"
              .formatted(
                  metric,
                  average ? metric + " external metric" : "external metric " + metric,
                  e.why()));
    }
  }

  private static String external(JsonNode source) {
    return "external metric " + name(source) + "(" + shown(source) + ")";
  }

  private interface Reading<T> {
    T read() throws MetricsFailure;
  }

  /** Says before a failure what was attempted. */
  private static <T> T wrapped(String attempt, Reading<T> reading) throws MetricsFailure {
    try {
      return reading.read();
    } catch (MetricsFailure e) {
      throw new MetricsFailure(attempt + e.why());
    }
  }

  /** The metric's label selector in the form in which the autoscaler's messages have it. */
  private static String shown(JsonNode source) {
    JsonNode selector = source.path("metric").path("selector");
    if (!selector.isObject()) {
      return "nil";
    }
    StringBuilder labels = new StringBuilder();
    selector.path("matchLabels").properties().stream()
        .sorted(java.util.Map.Entry.comparingByKey())
        .forEach(
            each ->
                labels
                    .append(each.getKey())
                    .append(": ")
                    .append(each.getValue().asText())
                    .append(','));
    StringBuilder expressions = new StringBuilder();
    for (JsonNode each : selector.path("matchExpressions")) {
      StringBuilder values = new StringBuilder();
      each.path("values")
          .forEach(value -> values.append(values.isEmpty() ? "" : " ").append(value.asText()));
      expressions.append(
          "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[%s],},"
              .formatted(each.path("key").asText(), each.path("operator").asText(), values));
    }
    return "&LabelSelector{MatchLabels:map[string]string{"
        + labels
        + "},MatchExpressions:[]LabelSelectorRequirement{"
        + expressions
        + "},}";
  }
}
