package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps the {@code v1 Endpoints} of each Service with a selector. */
public final class EndpointsController implements Controller {

  static final String MANAGED_BY = "endpoints.kubernetes.io/managed-by";
  private static final String OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
  private static final int MOST_ADDRESSES = 1000;

  private final ControllerContext context;
  private final ServiceWatch services;
  private final SharedInformer endpoints;
  private final TriggerTimes times = new TriggerTimes();
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
      times.forget(key);
      if (there != null && there.labels().containsKey(MANAGED_BY)) {
        delete(there);
      }
      return;
    }
    if (!Backends.isSelecting(service)) {
      return;
    }
    List<KubeObject> pods = services.podsOf(service);
    List<Backends.Backend> backends =
        Backends.of(service, pods, Backends.families(service).getFirst());
    String triggerTime = times.next(service, pods);
    ObjectNode tree = wanted(service, backends);
    if (there == null) {
      annotate(tree, TriggerTimes.ANNOTATION, triggerTime);
      create(service, tree);
      return;
    }
    ObjectNode merged = there.mutableTree();
    merged.set("subsets", tree.path("subsets"));
    ObjectNode metadata = merged.withObject("/metadata");
    metadata.set("labels", tree.path("metadata").path("labels"));
    String capacity = tree.path("metadata").path("annotations").path(OVER_CAPACITY).asText("");
    annotate(merged, OVER_CAPACITY, capacity);
    if (Trees.same(merged.path("subsets"), there.at("subsets"))
        && Trees.same(metadata.path("labels"), there.at("metadata", "labels"))
        && there.at("metadata", "annotations").path(OVER_CAPACITY).asText("").equals(capacity)) {
      return;
    }
    annotate(merged, TriggerTimes.ANNOTATION, triggerTime);
    update(service, merged);
  }

  /** Sets an annotation, or takes it away when it is empty. */
  private static void annotate(ObjectNode tree, String annotation, String value) {
    if (!value.isEmpty()) {
      tree.withObject("/metadata").withObject("/annotations").put(annotation, value);
    } else if (tree.path("metadata").path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(annotation);
    }
  }

  private void update(KubeObject service, ObjectNode tree) {
    try {
      KubeObject unused =
          context.client().update(Resources.ENDPOINTS, service.namespace(), service.name(), tree);
    } catch (StatusException e) {
      if (!e.isConflict()) {
        context
            .events()
            .warning(
                service,
                "FailedToUpdateEndpoint",
                "Failed to update endpoint " + service.key() + ": " + e.status().message());
      }
      throw e;
    }
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
      labels.put(SlicePlan.HEADLESS, "");
    } else {
      labels.remove(SlicePlan.HEADLESS);
    }
    List<Backends.Backend> shown = new ArrayList<>();
    boolean unready = service.at("spec", "publishNotReadyAddresses").asBoolean();
    for (Backends.Backend backend : backends) {
      if (unready || !backend.terminating()) {
        shown.add(backend);
      }
    }
    if (shown.size() > MOST_ADDRESSES) {
      shown.sort(Comparator.comparing(backend -> !backend.ready()));
      shown = shown.subList(0, MOST_ADDRESSES);
      annotate(tree, OVER_CAPACITY, "truncated");
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
