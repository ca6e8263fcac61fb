package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Quantity;
import java.util.Map;
import java.util.TreeMap;

/** Pods and pod templates. */
final class PodDefaults {

  private static final String[] CONTAINER_LISTS = {
    "initContainers", "containers", "ephemeralContainers"
  };

  private PodDefaults() {}

  /** A Pod: what a template gets, and what only Pods get. */
  static void pod(ObjectNode pod) {
    ObjectNode spec = Fill.child(pod, "spec");
    for (ObjectNode container : Fill.objects(spec, "containers")) {
      requestsFromLimits(container);
    }
    for (ObjectNode container : Fill.objects(spec, "initContainers")) {
      requestsFromLimits(container);
    }
    podRequests(spec);
    Fill.flag(spec, "enableServiceLinks", true);
    if (spec.path("hostNetwork").asBoolean(false)) {
      hostPorts(spec, "containers");
      hostPorts(spec, "initContainers");
    }
    podSpec(spec);
    ObjectNode status = Fill.child(pod, "status");
    for (String list :
        new String[] {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) {
      for (ObjectNode container : Fill.objects(status, list)) {
        Fill.quantities(container, "allocatedResources");
        if (Fill.existing(container, "resources") instanceof ObjectNode resources) {
          resources(resources);
        }
      }
    }
  }

  private static void requestsFromLimits(ObjectNode container) {
    if (Fill.existing(container, "resources") instanceof ObjectNode resources
        && Fill.existing(resources, "limits") instanceof ObjectNode limits
        && !limits.isEmpty()) {
      Fill.missing(limits, Fill.child(resources, "requests"));
    }
  }

  /** Pod-level requests: those of the containers, else the pod-level limits. */
  private static void podRequests(ObjectNode spec) {
    if (!(Fill.existing(spec, "resources") instanceof ObjectNode resources)
        || !(Fill.existing(resources, "limits") instanceof ObjectNode limits)
        || limits.isEmpty()) {
      return;
    }
    ObjectNode requests = Fill.child(resources, "requests");
    aggregate(spec)
        .forEach(
            (name, quantity) -> {
              if (isPodLevel(name) && !requests.has(name)) {
                requests.put(name, quantity.toString());
              }
            });
    for (Map.Entry<String, JsonNode> limit : limits.properties()) {
      if (isPodLevel(limit.getKey()) && !requests.has(limit.getKey())) {
        requests.set(limit.getKey(), limit.getValue());
      }
    }
  }

  private static boolean isPodLevel(String resource) {
    return resource.equals("cpu") || resource.equals("memory") || resource.startsWith("hugepages-");
  }

  /** What all containers together request: sidecars count with the main containers. */
  private static Map<String, Quantity> aggregate(ObjectNode spec) {
    Map<String, Quantity> sum = new TreeMap<>();
    try {
      for (ObjectNode container : Fill.objects(spec, "containers")) {
        requests(container).forEach((name, quantity) -> sum.merge(name, quantity, Quantity::plus));
      }
      Map<String, Quantity> sidecars = new TreeMap<>();
      Map<String, Quantity> most = new TreeMap<>();
      for (ObjectNode container : Fill.objects(spec, "initContainers")) {
        Map<String, Quantity> own = requests(container);
        if (Fill.string(container, "restartPolicy").equals("Always")) {
          own.forEach((name, quantity) -> sum.merge(name, quantity, Quantity::plus));
          own.forEach((name, quantity) -> sidecars.merge(name, quantity, Quantity::plus));
          own = sidecars;
        } else {
          Map<String, Quantity> with = new TreeMap<>(own);
          sidecars.forEach((name, quantity) -> with.merge(name, quantity, Quantity::plus));
          own = with;
        }
        own.forEach((name, quantity) -> most.merge(name, quantity, Quantity::max));
      }
      most.forEach((name, quantity) -> sum.merge(name, quantity, Quantity::max));
    } catch (IllegalArgumentException e) {
      return Map.of();
    }
    return sum;
  }

  private static Map<String, Quantity> requests(ObjectNode container) {
    Map<String, Quantity> requests = new TreeMap<>();
    container
        .path("resources")
        .path("requests")
        .properties()
        .forEach(entry -> requests.put(entry.getKey(), Quantity.of(entry.getValue())));
    return requests;
  }

  private static void hostPorts(ObjectNode spec, String list) {
    for (ObjectNode container : Fill.objects(spec, list)) {
      for (ObjectNode port : Fill.objects(container, "ports")) {
        if (port.path("containerPort").isIntegralNumber()) {
          Fill.nonZero(port, "hostPort", port.path("containerPort").intValue());
        }
      }
    }
  }

  /** A {@code PodTemplateSpec} in a field. */
  static void template(ObjectNode owner, String field) {
    ObjectNode template = Fill.child(owner, field);
    Fill.child(template, "metadata");
    podSpec(Fill.child(template, "spec"));
  }

  static void podSpec(ObjectNode spec) {
    Fill.text(spec, "dnsPolicy", "ClusterFirst");
    Fill.text(spec, "restartPolicy", "Always");
    Fill.child(spec, "securityContext");
    Fill.number(spec, "terminationGracePeriodSeconds", 30);
    Fill.text(spec, "schedulerName", "default-scheduler");
    Fill.quantities(spec, "overhead");
    if (Fill.existing(spec, "resources") instanceof ObjectNode resources) {
      resources(resources);
    }
    for (ObjectNode volume : Fill.objects(spec, "volumes")) {
      VolumeDefaults.volume(volume);
    }
    for (String list : CONTAINER_LISTS) {
      for (ObjectNode container : Fill.objects(spec, list)) {
        ContainerDefaults.container(container);
      }
    }
  }

  static void resources(ObjectNode resources) {
    Fill.quantities(resources, "limits");
    Fill.quantities(resources, "requests");
  }
}
