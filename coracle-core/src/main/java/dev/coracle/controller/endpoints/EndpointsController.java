package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps the {@code v1 Endpoints} of each Service with a selector. */
public final class EndpointsController implements Controller {

  static final String MANAGED_BY = "endpoints.kubernetes.io/managed-by";
  private static final String TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";
  private static final int MOST_ADDRESSES = 1000;

  private final ControllerContext context;
  private final ServiceWatch services;
  private final SharedInformer endpoints;
  private final Work<ObjectKey> work;

  public EndpointsController(ControllerContext context) {
    this.context = context;
    this.services = new ServiceWatch(context);
    this.endpoints = context.informers().of(Resources.ENDPOINTS);
    this.work = new Work<>(name(), context.clock(), 3, this::sync);
  }

  @Override
  public String name() {
    return "endpoint-controller";
  }

  @Override
  public void start() throws InterruptedException {
    endpoints.awaitSync();
    services.watch(work);
    work.watch(
        endpoints,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject object) {
            if (object.labels().containsKey(MANAGED_BY)) {
              work.queue().add(ObjectKey.of(object));
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {}

          @Override
          public void deleted(KubeObject last) {
            work.queue().add(ObjectKey.of(last));
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(ObjectKey key) {
    KubeObject service = services.service(key);
    KubeObject there = endpoints.get(key.namespace(), key.name());
    if (service == null) {
      if (there != null && there.labels().containsKey(MANAGED_BY)) {
        delete(there);
      }
      return;
    }
    if (!Backends.isSelecting(service)) {
      return;
    }
    List<Backends.Backend> backends =
        Backends.of(service, services.podsOf(service), Backends.families(service).getFirst());
    ObjectNode tree = wanted(service, backends);
    if (there == null) {
      annotateTime(tree);
      create(service, tree);
      return;
    }
    ObjectNode merged = there.mutableTree();
    merged.set("subsets", tree.path("subsets"));
    ObjectNode metadata = merged.withObject("/metadata");
    metadata.set("labels", tree.path("metadata").path("labels"));
    if (tree.path("metadata").path("annotations").has("endpoints.kubernetes.io/over-capacity")) {
      metadata.withObject("/annotations").put("endpoints.kubernetes.io/over-capacity", "truncated");
    }
    if (Trees.same(merged.path("subsets"), there.at("subsets"))
        && Trees.same(metadata.path("labels"), there.at("metadata", "labels"))) {
      return;
    }
    annotateTime(merged);
    context.client().update(Resources.ENDPOINTS, key.namespace(), key.name(), merged);
  }

  private void annotateTime(ObjectNode tree) {
    tree.withObject("/metadata")
        .withObject("/annotations")
        .put(TRIGGER_TIME, Timestamps.seconds(context.clock().instant()));
  }

  private void create(KubeObject service, ObjectNode tree) {
    try {
      context.client().create(Resources.ENDPOINTS, service.namespace(), tree);
    } catch (StatusException e) {
      if (PodControl.isNamespaceTerminating(e)) {
        return;
      }
      context
          .events()
          .warning(
              service,
              "FailedToCreateEndpoint",
              "Failed to create endpoint for service "
                  + service.key()
                  + ": "
                  + e.status().message());
      throw e;
    }
  }

  private void delete(KubeObject there) {
    try {
      context
          .client()
          .delete(
              Resources.ENDPOINTS, there.namespace(), there.name(), DeleteOptions.uid(there.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  /** The Endpoints of a Service. Pods that share their ports share a subset. */
  static ObjectNode wanted(KubeObject service, List<Backends.Backend> backends) {
    ObjectNode tree = Json.object().put("kind", "Endpoints").put("apiVersion", "v1");
    ObjectNode metadata = tree.putObject("metadata");
    metadata.put("name", service.name()).put("namespace", service.namespace());
    ObjectNode labels = metadata.putObject("labels");
    service.labels().forEach(labels::put);
    labels.put(MANAGED_BY, "endpoint-controller");
    if (Backends.isHeadless(service)) {
      labels.put("service.kubernetes.io/headless", "");
    } else {
      labels.remove("service.kubernetes.io/headless");
    }
    List<Backends.Backend> shown = new ArrayList<>();
    boolean unready = service.at("spec", "publishNotReadyAddresses").asBoolean();
    for (Backends.Backend backend : backends) {
      if (unready || !backend.terminating()) {
        shown.add(backend);
      }
    }
    if (shown.size() > MOST_ADDRESSES) {
      shown = shown.subList(0, MOST_ADDRESSES);
      metadata.putObject("annotations").put("endpoints.kubernetes.io/over-capacity", "truncated");
    }
    ArrayNode subsets = tree.putArray("subsets");
    Map<String, List<Backends.Backend>> groups = new LinkedHashMap<>(Backends.byPorts(shown));
    for (List<Backends.Backend> group : groups.values()) {
      List<Backends.Port> ports = group.getFirst().ports();
      if (ports.isEmpty() && service.at("spec", "ports").size() > 0) {
        continue;
      }
      ObjectNode subset = subsets.addObject();
      addresses(subset, "addresses", group, true);
      addresses(subset, "notReadyAddresses", group, false);
      if (!ports.isEmpty()) {
        ArrayNode list = subset.putArray("ports");
        for (Backends.Port port : ports) {
          ObjectNode entry = list.addObject();
          if (!port.name().isEmpty()) {
            entry.put("name", port.name());
          }
          entry.put("port", port.number()).put("protocol", port.protocol());
          if (!port.appProtocol().isEmpty()) {
            entry.put("appProtocol", port.appProtocol());
          }
        }
      }
    }
    return tree;
  }

  private static void addresses(
      ObjectNode subset, String field, List<Backends.Backend> group, boolean ready) {
    ArrayNode list = Json.array();
    for (Backends.Backend backend : group) {
      if (backend.ready() != ready) {
        continue;
      }
      ObjectNode address = list.addObject().put("ip", backend.address());
      if (!backend.hostname().isEmpty()) {
        address.put("hostname", backend.hostname());
      }
      if (!backend.nodeName().isEmpty()) {
        address.put("nodeName", backend.nodeName());
      }
      address
          .putObject("targetRef")
          .put("kind", "Pod")
          .put("namespace", backend.pod().namespace())
          .put("name", backend.pod().name())
          .put("uid", backend.pod().uid());
    }
    if (!list.isEmpty()) {
      subset.set(field, list);
    }
  }
}
