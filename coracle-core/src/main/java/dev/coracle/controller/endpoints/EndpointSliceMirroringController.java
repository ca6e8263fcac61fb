package dev.coracle.controller.endpoints;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import org.jspecify.annotations.Nullable;

/** Shows the Endpoints that users write for Services without a selector as EndpointSlices, too. */
public final class EndpointSliceMirroringController implements Controller {

  /** The source of its events; its ServiceAccount is {@link #ACCOUNT}. */
  public static final String NAME = "endpoint-slice-mirroring-controller";

  public static final String ACCOUNT = "endpointslicemirroring-controller";

  private final ControllerContext context;
  private final SharedInformer services;
  private final SharedInformer endpoints;
  private final ManagedSlices slices;
  private final Work<ObjectKey> work;

  public EndpointSliceMirroringController(ControllerContext context) {
    this.context = context;
    this.services = context.informers().of(Resources.SERVICES);
    this.endpoints = context.informers().of(Resources.ENDPOINTS);
    this.slices = new ManagedSlices(context, MirrorPlan.MANAGER);
    this.work = new Work<>(NAME, context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    services.awaitSync();
    endpoints.awaitSync();
    slices.watch(work);
    work.watch(services, service -> work.queue().add(ObjectKey.of(service)));
    work.watch(endpoints, object -> work.queue().add(ObjectKey.of(object)));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(ObjectKey key) {
    if (!slices.isCurrent(key)) {
      return;
    }
    KubeObject object = endpoints.get(key.namespace(), key.name());
    if (object == null || !isWanted(object, services.get(key.namespace(), key.name()))) {
      slices.delete(key, slices.of(key));
      return;
    }
    MirrorPlan plan = new MirrorPlan(object, slices.of(key));
    tell(object, plan);
    slices.update(plan.update);
    if (!object.isDeleting()) {
      StatusException failure = slices.create(key, plan.create);
      if (failure != null) {
        throw failure;
      }
    }
    slices.delete(key, plan.delete);
  }

  private static boolean isWanted(KubeObject endpoints, @Nullable KubeObject service) {
    return service != null && !Backends.isSelecting(service) && MirrorPlan.mirrors(endpoints);
  }

  private void tell(KubeObject endpoints, MirrorPlan plan) {
    if (plan.invalid > 0) {
      context
          .events()
          .warning(
              endpoints,
              "InvalidIPAddress",
              "Skipped " + plan.invalid + " invalid IP addresses when mirroring to EndpointSlices");
    }
    if (plan.tooMany > 0) {
      context
          .events()
          .warning(
              endpoints,
              "TooManyAddressesToMirror",
              "A max of "
                  + MirrorPlan.MOST_ADDRESSES
                  + " addresses can be mirrored to EndpointSlices per Endpoints subset. "
                  + plan.tooMany
                  + " addresses were skipped");
    }
  }
}
