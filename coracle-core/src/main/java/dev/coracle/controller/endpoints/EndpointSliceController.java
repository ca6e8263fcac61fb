package dev.coracle.controller.endpoints;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps the EndpointSlices of each Service with a selector. */
public final class EndpointSliceController implements Controller {

  private static final String ZONE = "topology.kubernetes.io/zone";

  private final ControllerContext context;
  private final ServiceWatch services;
  private final ManagedSlices slices;
  private final SharedInformer nodes;
  private final TriggerTimes times = new TriggerTimes();

  /** By address type: why Services that ask for hints have none; empty when they have. */
  private final Map<ObjectKey, Map<String, String>> hinted = new ConcurrentHashMap<>();

  private final Work<ObjectKey> work;

  public EndpointSliceController(ControllerContext context) {
    this.context = context;
    this.services = new ServiceWatch(context);
    this.slices = new ManagedSlices(context, SlicePlan.MANAGER);
    this.nodes = context.informers().of(Resources.NODES);
    this.work = new Work<>(name(), context.clock(), 3, this::sync);
  }

  @Override
  public String name() {
    return "endpointslice-controller";
  }

  @Override
  public void start() throws InterruptedException {
    nodes.awaitSync();
    services.watch(work);
    work.watch(nodes, node -> hinted.keySet().forEach(work.queue()::add));
    slices.watch(work);
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(ObjectKey key) {
    KubeObject service = services.service(key);
    if (service == null) {
      slices.forget(key);
      times.forget(key);
      hinted.remove(key);
      return; // the garbage collector follows the owner reference
    }
    if (!Backends.isSelecting(service) || service.isDeleting() || !slices.isCurrent(key)) {
      return;
    }
    List<KubeObject> selected = services.podsOf(service);
    List<KubeObject> pods = onNodes(service, selected);
    Map<String, List<Backends.Backend>> backends = new LinkedHashMap<>();
    for (String family : Backends.families(service)) {
      List<Backends.Backend> list = new ArrayList<>(Backends.of(service, pods, family));
      backends.put(family, list);
    }
    carryOut(
        key,
        service,
        new SlicePlan(
            service,
            slices.of(key),
            backends,
            topology(key, service, backends),
            times.next(service, selected)));
    if (pods.size() < selected.size()) {
      throw StatusException.notFound("", "nodes", missingNode(selected));
    }
  }

  private Topology topology(
      ObjectKey key, KubeObject service, Map<String, List<Backends.Backend>> backends) {
    if (!TopologyHints.wanted(service)) {
      if (hinted.remove(key) != null) {
        backends.keySet().forEach(family -> tellHints(service, family, "", false));
      }
      return Topology.of(service, this::zone);
    }
    Map<String, String> assigned = new HashMap<>();
    backends.forEach(
        (family, list) -> {
          List<Backends.Backend> ready = list.stream().filter(Backends.Backend::ready).toList();
          TopologyHints hints =
              TopologyHints.of(
                  nodes.list(""), ready.stream().map(one -> zone(one.nodeName())).toList());
          for (int i = 0; i < hints.zones().size(); i++) {
            assigned.put(ready.get(i).address(), hints.zones().get(i));
          }
          String obstacle = hints.obstacle() == null ? "" : hints.obstacle();
          Map<String, String> told = hinted.computeIfAbsent(key, unused -> new HashMap<>());
          if (!obstacle.equals(told.put(family, obstacle))) {
            tellHints(service, family, obstacle, obstacle.isEmpty());
          }
        });
    return new Topology(this::zone, "", assigned);
  }

  private void tellHints(KubeObject service, String family, String obstacle, boolean enabled) {
    String what =
        !obstacle.isEmpty()
            ? obstacle
            : "Topology Aware Hints has been " + (enabled ? "enabled" : "disabled");
    String message = what + ", addressType: " + family;
    if (enabled) {
      context.events().normal(service, "TopologyAwareHintsEnabled", message);
    } else {
      context.events().warning(service, "TopologyAwareHintsDisabled", message);
    }
  }

  /** A Pod of a node that is not there is not reached, unless its Service wants it shown anyway. */
  private List<KubeObject> onNodes(KubeObject service, List<KubeObject> pods) {
    if (service.at("spec", "publishNotReadyAddresses").asBoolean()) {
      return pods;
    }
    return pods.stream().filter(pod -> !isLost(pod)).toList();
  }

  private boolean isLost(KubeObject pod) {
    String node = Pods.nodeName(pod);
    return !node.isEmpty() && !Pods.isFinished(pod) && nodes.get("", node) == null;
  }

  private String missingNode(List<KubeObject> pods) {
    return pods.stream().filter(this::isLost).map(Pods::nodeName).findFirst().orElse("");
  }

  private String zone(String node) {
    KubeObject object = nodes.get("", node);
    return object == null ? "" : object.labels().getOrDefault(ZONE, "");
  }

  private void carryOut(ObjectKey key, KubeObject service, SlicePlan plan) {
    slices.update(plan.update);
    StatusException failure = slices.create(key, plan.create);
    if (failure != null) {
      context
          .events()
          .warning(
              service,
              "FailedToUpdateEndpointSlices",
              "Error updating Endpoint Slices for Service "
                  + service.key()
                  + ": "
                  + failure.status().message());
      throw failure;
    }
    slices.delete(key, plan.delete);
  }
}
