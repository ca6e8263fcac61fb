package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps the EndpointSlices of each Service with a selector. */
public final class EndpointSliceController implements Controller {

  private static final String BY_SERVICE = "service";
  private static final String ZONE = "topology.kubernetes.io/zone";

  private final ControllerContext context;
  private final ServiceWatch services;
  private final SharedInformer slices;
  private final SharedInformer nodes;
  private final Expectations expectations;
  private final Work<ObjectKey> work;

  public EndpointSliceController(ControllerContext context) {
    this.context = context;
    this.services = new ServiceWatch(context);
    this.slices = context.informers().of(Resources.ENDPOINT_SLICES);
    this.nodes = context.informers().of(Resources.NODES);
    this.expectations = new Expectations(context.clock());
    this.work = new Work<>(name(), context.clock(), 3, this::sync);
  }

  @Override
  public String name() {
    return "endpointslice-controller";
  }

  @Override
  public void start() throws InterruptedException {
    slices.addIndex(
        BY_SERVICE, slice -> isManaged(slice) ? List.of(serviceOf(slice).toString()) : List.of());
    slices.awaitSync();
    nodes.awaitSync();
    services.watch(work);
    work.watch(
        slices,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject slice) {
            if (isManaged(slice)) {
              expectations.creationObserved(serviceOf(slice));
              work.queue().add(serviceOf(slice));
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (isManaged(before) || isManaged(now)) {
              work.queue().add(serviceOf(before));
              work.queue().add(serviceOf(now));
            }
          }

          @Override
          public void deleted(KubeObject last) {
            if (isManaged(last)) {
              expectations.deletionObserved(serviceOf(last), last.uid());
              work.queue().add(serviceOf(last));
            }
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private static boolean isManaged(KubeObject slice) {
    return SlicePlan.MANAGER.equals(slice.labels().get(SlicePlan.MANAGED_BY));
  }

  private static ObjectKey serviceOf(KubeObject slice) {
    return new ObjectKey(
        slice.namespace(), slice.labels().getOrDefault(SlicePlan.SERVICE_LABEL, ""));
  }

  private void sync(ObjectKey key) {
    KubeObject service = services.service(key);
    if (service == null) {
      expectations.forget(key);
      return; // the garbage collector follows the owner reference
    }
    if (!Backends.isSelecting(service) || service.isDeleting() || !expectations.satisfied(key)) {
      return;
    }
    List<KubeObject> pods = services.podsOf(service);
    Map<String, List<Backends.Backend>> backends = new LinkedHashMap<>();
    for (String family : Backends.families(service)) {
      List<Backends.Backend> list = new ArrayList<>(Backends.of(service, pods, family));
      backends.put(family, list);
    }
    List<KubeObject> existing = new ArrayList<>(slices.byIndex(BY_SERVICE, key.toString()));
    existing.removeIf(KubeObject::isDeleting);
    existing.sort(java.util.Comparator.comparing(KubeObject::name));
    carryOut(key, service, new SlicePlan(service, existing, backends, this::zone));
  }

  private String zone(String node) {
    KubeObject object = nodes.get("", node);
    return object == null ? "" : object.labels().getOrDefault(ZONE, "");
  }

  private void carryOut(ObjectKey key, KubeObject service, SlicePlan plan) {
    for (ObjectNode slice : plan.update) {
      context
          .client()
          .update(
              Resources.ENDPOINT_SLICES,
              key.namespace(),
              slice.path("metadata").path("name").asText(),
              slice);
    }
    for (ObjectNode slice : plan.create) {
      expectations.expectCreations(key, 1);
      try {
        context.client().create(Resources.ENDPOINT_SLICES, key.namespace(), slice);
      } catch (StatusException e) {
        expectations.creationObserved(key);
        if (PodControl.isNamespaceTerminating(e)) {
          return;
        }
        context
            .events()
            .warning(
                service,
                "FailedToUpdateEndpointSlices",
                "Error updating Endpoint Slices for Service "
                    + service.key()
                    + ": "
                    + e.status().message());
        throw e;
      }
    }
    for (KubeObject slice : plan.delete) {
      expectations.expectDeletions(key, List.of(slice.uid()));
      try {
        context
            .client()
            .delete(
                Resources.ENDPOINT_SLICES,
                key.namespace(),
                slice.name(),
                DeleteOptions.uid(slice.uid()));
      } catch (StatusException e) {
        expectations.deletionObserved(key, slice.uid());
        if (!e.isNotFound()) {
          throw e;
        }
      }
    }
  }
}
