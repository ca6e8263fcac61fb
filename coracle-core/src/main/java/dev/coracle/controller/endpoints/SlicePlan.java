package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Trees;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which EndpointSlices to write so that they show a Service's backends, with as few changes as can
 * be: an endpoint stays in its slice, and new ones fill slices that have room. Pure.
 */
final class SlicePlan {

  static final String SERVICE_LABEL = "kubernetes.io/service-name";
  static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
  static final String MANAGER = "endpointslice-controller.k8s.io";
  static final String HEADLESS = "service.kubernetes.io/headless";
  private static final int MOST_ENDPOINTS = 100;

  final List<ObjectNode> create = new ArrayList<>();
  final List<ObjectNode> update = new ArrayList<>();
  final List<KubeObject> delete = new ArrayList<>();

  private final KubeObject service;
  private final String triggerTime;
  private final Topology topology;
  private final List<KubeObject> left;

  /**
   * @param existing the Service's slices that the controller manages
   * @param backends by address type
   * @param triggerTime when what changes them happened; empty when unknown
   */
  SlicePlan(
      KubeObject service,
      List<KubeObject> existing,
      Map<String, List<Backends.Backend>> backends,
      Topology topology,
      String triggerTime) {
    this.service = service;
    this.triggerTime = triggerTime;
    this.topology = topology;
    this.left = new ArrayList<>(existing);
    this.left.removeIf(slice -> !isOwned(slice));
    existing.stream().filter(slice -> !isOwned(slice)).forEach(delete::add);
    backends.forEach(
        (family, list) -> {
          for (List<Backends.Backend> group : Backends.byPorts(list).values()) {
            plan(family, ports(group.getFirst().ports()), endpoints(group));
          }
          if (list.isEmpty()) {
            placeholder(family);
          }
        });
    delete.addAll(left);
  }

  /** Those of an earlier Service of the same name go with it. */
  private boolean isOwned(KubeObject slice) {
    return slice.ownerReferences().stream()
        .anyMatch(owner -> owner.uid().equals(service.uid()) && owner.kind().equals("Service"));
  }

  /** A Service without Pods has one empty slice. */
  private void placeholder(String family) {
    plan(family, Json.array(), new LinkedHashMap<>());
  }

  private void plan(String family, ArrayNode ports, Map<String, ObjectNode> endpoints) {
    Map<String, ObjectNode> missing = new LinkedHashMap<>(endpoints);
    List<KubeObject> slices = new ArrayList<>();
    List<ArrayNode> contents = new ArrayList<>();
    for (KubeObject slice : List.copyOf(left)) {
      if (!slice.text("addressType").equals(family) || !samePorts(slice.at("ports"), ports)) {
        continue;
      }
      left.remove(slice);
      ArrayNode kept = Json.array();
      for (JsonNode endpoint : slice.at("endpoints")) {
        ObjectNode wanted = missing.remove(key(endpoint));
        if (wanted != null) {
          kept.add(wanted);
        }
      }
      slices.add(slice);
      contents.add(kept);
    }
    List<ObjectNode> rest = new ArrayList<>(missing.values());
    for (ArrayNode content : contents) {
      while (!rest.isEmpty() && content.size() < MOST_ENDPOINTS) {
        content.add(rest.removeFirst());
      }
    }
    boolean placed = false;
    for (int i = 0; i < slices.size(); i++) {
      boolean last = i == slices.size() - 1 && !placed && rest.isEmpty();
      if (contents.get(i).isEmpty() && !last) {
        delete.add(slices.get(i));
        continue;
      }
      placed = true;
      updated(slices.get(i), contents.get(i), ports);
    }
    while (!rest.isEmpty() || (!placed && slices.isEmpty())) {
      placed = true;
      ArrayNode content = Json.array();
      while (!rest.isEmpty() && content.size() < MOST_ENDPOINTS) {
        content.add(rest.removeFirst());
      }
      create.add(slice(family, ports, content));
    }
  }

  private static boolean samePorts(JsonNode one, ArrayNode other) {
    return one.isArray() ? Trees.same(one, other) : other.isEmpty();
  }

  private static String key(JsonNode endpoint) {
    return endpoint.path("addresses").path(0).asText()
        + "/"
        + endpoint.path("targetRef").path("uid").asText();
  }

  private void updated(KubeObject slice, ArrayNode endpoints, ArrayNode ports) {
    ObjectNode tree = slice.mutableTree();
    tree.set("endpoints", endpoints);
    tree.set("ports", ports);
    tree.withObject("/metadata").set("labels", labels());
    boolean same =
        (endpoints.isEmpty()
                ? slice.at("endpoints").isEmpty()
                : Trees.same(endpoints, slice.at("endpoints")))
            && Trees.same(tree.path("metadata").path("labels"), slice.at("metadata", "labels"));
    if (!same) {
      date(tree);
      update.add(tree);
    }
  }

  private ObjectNode slice(String family, ArrayNode ports, ArrayNode endpoints) {
    ObjectNode tree =
        Json.object().put("kind", "EndpointSlice").put("apiVersion", "discovery.k8s.io/v1");
    ObjectNode metadata = tree.putObject("metadata");
    metadata.put("generateName", service.name() + "-");
    metadata.put("namespace", service.namespace());
    metadata.set("labels", labels());
    metadata.putArray("ownerReferences").add(Owners.controllerRef(service));
    tree.put("addressType", family);
    tree.set("endpoints", endpoints);
    tree.set("ports", ports);
    date(tree);
    return tree;
  }

  private void date(ObjectNode tree) {
    if (triggerTime.isEmpty()) {
      if (tree.path("metadata").path("annotations") instanceof ObjectNode annotations) {
        annotations.remove(TriggerTimes.ANNOTATION);
      }
    } else {
      tree.withObject("/metadata")
          .withObject("/annotations")
          .put(TriggerTimes.ANNOTATION, triggerTime);
    }
  }

  private ObjectNode labels() {
    ObjectNode labels = Json.object();
    service.labels().forEach(labels::put);
    labels.put(SERVICE_LABEL, service.name()).put(MANAGED_BY, MANAGER);
    if (Backends.isHeadless(service)) {
      labels.put(HEADLESS, "");
    } else {
      labels.remove(HEADLESS);
    }
    return labels;
  }

  private static ArrayNode ports(List<Backends.Port> ports) {
    ArrayNode list = Json.array();
    for (Backends.Port port : ports) {
      ObjectNode entry = list.addObject();
      entry.put("name", port.name()).put("protocol", port.protocol()).put("port", port.number());
      if (!port.appProtocol().isEmpty()) {
        entry.put("appProtocol", port.appProtocol());
      }
    }
    return list;
  }

  private Map<String, ObjectNode> endpoints(List<Backends.Backend> backends) {
    Map<String, ObjectNode> endpoints = new LinkedHashMap<>();
    for (Backends.Backend backend : backends) {
      ObjectNode endpoint = Json.object();
      endpoint.putArray("addresses").add(backend.address());
      endpoint
          .putObject("conditions")
          .put("ready", backend.ready())
          .put("serving", backend.serving())
          .put("terminating", backend.terminating());
      if (!backend.hostname().isEmpty()) {
        endpoint.put("hostname", backend.hostname());
      }
      endpoint
          .putObject("targetRef")
          .put("kind", "Pod")
          .put("namespace", backend.pod().namespace())
          .put("name", backend.pod().name())
          .put("uid", backend.pod().uid());
      if (!backend.nodeName().isEmpty()) {
        endpoint.put("nodeName", backend.nodeName());
        String zone = topology.zone(backend.nodeName());
        if (!zone.isEmpty()) {
          endpoint.put("zone", zone);
        }
      }
      ObjectNode hints = backend.ready() ? topology.hints(endpoint) : Json.object();
      if (!hints.isEmpty()) {
        endpoint.set("hints", hints);
      }
      endpoints.put(key(endpoint), endpoint);
    }
    return endpoints;
  }
}
