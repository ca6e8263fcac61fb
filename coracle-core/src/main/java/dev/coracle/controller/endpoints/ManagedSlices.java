package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The EndpointSlices that one controller keeps, found by their label {@code
 * endpointslice.kubernetes.io/managed-by}, by the Service that they are for.
 */
final class ManagedSlices {

  private final ControllerContext context;
  private final String manager;
  private final SharedInformer slices;
  private final Expectations expectations;

  /**
   * @param manager the value of the label
   */
  ManagedSlices(ControllerContext context, String manager) {
    this.context = context;
    this.manager = manager;
    this.slices = context.informers().of(Resources.ENDPOINT_SLICES);
    this.expectations = new Expectations();
  }

  void watch(Work<ObjectKey> work) throws InterruptedException {
    slices.addIndex(
        manager, slice -> isManaged(slice) ? List.of(serviceOf(slice).toString()) : List.of());
    slices.awaitSync();
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
  }

  private boolean isManaged(KubeObject slice) {
    return manager.equals(slice.labels().get(SlicePlan.MANAGED_BY));
  }

  private static ObjectKey serviceOf(KubeObject slice) {
    return new ObjectKey(
        slice.namespace(), slice.labels().getOrDefault(SlicePlan.SERVICE_LABEL, ""));
  }

  /** Whether the cache shows all that was written for a Service. */
  boolean isCurrent(ObjectKey service) {
    return expectations.satisfied(service);
  }

  void forget(ObjectKey service) {
    expectations.forget(service);
  }

  /** Those of a Service that stay, by name. */
  List<KubeObject> of(ObjectKey service) {
    List<KubeObject> existing = new ArrayList<>(slices.byIndex(manager, service.toString()));
    existing.removeIf(KubeObject::isDeleting);
    existing.sort(Comparator.comparing(KubeObject::name));
    return existing;
  }

  void update(List<ObjectNode> changed) {
    for (ObjectNode slice : changed) {
      context
          .client()
          .update(
              Resources.ENDPOINT_SLICES,
              slice.path("metadata").path("namespace").asText(),
              slice.path("metadata").path("name").asText(),
              slice);
    }
  }

  /**
   * @return why not all could be created; null when they were, or when their namespace goes anyway
   */
  @Nullable StatusException create(ObjectKey service, List<ObjectNode> fresh) {
    for (ObjectNode slice : fresh) {
      expectations.expectCreations(service, 1);
      try {
        context.client().create(Resources.ENDPOINT_SLICES, service.namespace(), slice);
      } catch (StatusException e) {
        expectations.creationObserved(service);
        return PodControl.isNamespaceTerminating(e) ? null : e;
      }
    }
    return null;
  }

  void delete(ObjectKey service, List<KubeObject> needless) {
    for (KubeObject slice : needless) {
      expectations.expectDeletions(service, List.of(slice.uid()));
      try {
        context
            .client()
            .delete(
                Resources.ENDPOINT_SLICES,
                service.namespace(),
                slice.name(),
                DeleteOptions.uid(slice.uid()));
      } catch (StatusException e) {
        expectations.deletionObserved(service, slice.uid());
        if (!e.isNotFound()) {
          throw e;
        }
      }
    }
  }
}
