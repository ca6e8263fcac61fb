package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
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

  /** The target as it is now. */
  record Target(String namespace, String selector, List<KubeObject> pods, int replicas) {}

  private final Client client;
  private final PodMetrics podMetrics;

  MetricSource(Client client) {
    this.client = client;
    this.podMetrics = new PodMetrics(client);
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
      case "Pods" ->
          throw custom(
              "FailedGetPodsMetric",
              "failed to get pods metric value: ",
              "unable to get metric " + name(metric.path("pods")) + ": ");
      case "Object" -> throw object(metric.path("object"), target.namespace);
      case "External" -> throw external(metric.path("external"), target.namespace);
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

  private Answer resource(
      JsonNode source, String container, Target target, ReplicaCalculator calculator, String reason)
      throws Unavailable {
    String resource = source.path("name").asText();
    JsonNode wanted = source.path("target");
    boolean average = wanted.hasNonNull("averageValue");
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
        proposal =
            calculator.average(
                metrics, resource, Quantity.of(wanted.path("averageValue")).milliValue());
      } else {
        proposal =
            calculator.utilization(
                metrics, resource, container, wanted.path("averageUtilization").asInt());
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

  private Unavailable custom(String reason, String prefix, String what) {
    String why =
        what
            + "unable to fetch metrics from custom metrics API: "
            + whyNot("custom.metrics.k8s.io");
    return new Unavailable(reason, why, prefix + why);
  }

  private Unavailable object(JsonNode source, String namespace) {
    JsonNode described = source.path("describedObject");
    String where =
        " on %s %s/%s"
            .formatted(described.path("kind").asText(), namespace, described.path("name").asText());
    String why =
        "unable to get metric "
            + name(source)
            + ":"
            + where
            + "/unable to fetch metrics from custom metrics API: "
            + whyNot("custom.metrics.k8s.io");
    return new Unavailable(
        "FailedGetObjectMetric", why, "failed to get object metric value: " + why);
  }

  private Unavailable external(JsonNode source, String namespace) {
    String why =
        "unable to get external metric %s/%s/%s: unable to fetch metrics from external metrics API: %s"
            .formatted(
                namespace,
                name(source),
                shown(source.path("metric").path("selector")),
                whyNot("external.metrics.k8s.io"));
    return new Unavailable(
        "FailedGetExternalMetric",
        why,
        "failed to get " + name(source) + " external metric value: " + why);
  }

  /** A label selector in the form in which the autoscaler's messages have it. */
  private static String shown(JsonNode selector) {
    if (!selector.isObject()) {
      return "nil";
    }
    StringBuilder labels = new StringBuilder();
    selector
        .path("matchLabels")
        .properties()
        .forEach(
            each ->
                labels
                    .append(each.getKey())
                    .append(": ")
                    .append(each.getValue().asText())
                    .append(','));
    return "&LabelSelector{MatchLabels:map[string]string{"
        + labels
        + "},MatchExpressions:[]LabelSelectorRequirement{},}";
  }

  /** These APIs come with adapters of monitoring systems; nothing here serves them. */
  private String whyNot(String group) {
    try {
      return client.transport().read("/apis/" + group).path("name").asText()
          + " is served by an adapter that this autoscaler cannot ask";
    } catch (StatusException e) {
      return group.startsWith("custom")
          ? "no custom metrics API (custom.metrics.k8s.io) registered"
          : "no external metrics API (external.metrics.k8s.io) registered";
    }
  }
}
