package dev.coracle.controller.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.AddressPool;
import dev.coracle.client.Overlay;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives each Service of type LoadBalancer that names no other implementation ({@code
 * loadBalancerClass}) an address of the pool in its status, and takes it back when the Service no
 * longer is one. What is given stands in the Services' statuses, and nowhere else.
 */
public final class LoadBalancerController implements Controller {

  private final ControllerContext context;
  private final AddressPool pool;
  private final SharedInformer informer;
  private final Overlay services;
  private final Work<ObjectKey> work;

  public LoadBalancerController(ControllerContext context, AddressPool pool) {
    this.context = context;
    this.pool = pool;
    this.informer = context.informers().of(Resources.SERVICES);
    this.services = new Overlay(informer);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "service-controller";
  }

  @Override
  public void start() throws InterruptedException {
    informer.awaitSync();
    work.watch(informer, this::changed);
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void changed(KubeObject service) {
    work.queue().add(ObjectKey.of(service));
    if (informer.get(service.namespace(), service.name()) == null) {
      wakeWaiting();
    }
  }

  /** An address is free again. */
  private void wakeWaiting() {
    informer.list("").stream()
        .filter(other -> wants(other) && !hasAny(other))
        .forEach(other -> work.queue().add(ObjectKey.of(other)));
  }

  static boolean wants(KubeObject service) {
    return service.text("spec", "type").equals("LoadBalancer")
        && !service.isDeleting()
        && service.text("spec", "loadBalancerClass").isEmpty();
  }

  private static boolean hasAny(KubeObject service) {
    return !service.at("status", "loadBalancer", "ingress").isEmpty();
  }

  /** The addresses of the pool that a Service has. */
  private Set<String> given(KubeObject service) {
    Set<String> given = new HashSet<>();
    for (JsonNode ingress : service.at("status", "loadBalancer", "ingress")) {
      String ip = ingress.path("ip").asText("");
      if (pool.contains(ip)) {
        given.add(ip);
      }
    }
    return given;
  }

  private void sync(ObjectKey key) {
    KubeObject service = services.get(key.namespace(), key.name());
    if (service == null) {
      return;
    }
    Set<String> given = given(service);
    String asked = service.text("spec", "loadBalancerIP");
    if (!wants(service)) {
      if (!given.isEmpty() && !service.isDeleting()) {
        take(service);
      }
    } else if (!hasAny(service)
        || (pool.contains(asked) && !given.isEmpty() && !given.contains(asked))) {
      give(service, asked);
    }
  }

  private void give(KubeObject service, String asked) {
    Set<String> taken = new HashSet<>();
    for (KubeObject other : services.list()) {
      if (!other.uid().equals(service.uid())) {
        taken.addAll(given(other));
      }
    }
    String obstacle = obstacle(asked, taken);
    String address =
        asked.isEmpty()
            ? pool.first(free -> !taken.contains(free))
            : obstacle == null ? asked : null;
    if (address == null) {
      context
          .events()
          .warning(
              service,
              "SyncLoadBalancerFailed",
              "Error syncing load balancer: failed to ensure load balancer: "
                  + (obstacle == null ? "no address of " + pool + " is free" : obstacle));
      return;
    }
    context.events().normal(service, "EnsuringLoadBalancer", "Ensuring load balancer");
    KubeObject written = write(service, address);
    context.events().normal(written, "EnsuredLoadBalancer", "Ensured load balancer");
  }

  private @Nullable String obstacle(String asked, Set<String> taken) {
    if (asked.isEmpty()) {
      return null;
    }
    if (!pool.contains(asked)) {
      return asked + " is not in " + pool;
    }
    return taken.contains(asked) ? asked + " belongs to another Service" : null;
  }

  private void take(KubeObject service) {
    context.events().normal(service, "DeletingLoadBalancer", "Deleting load balancer");
    KubeObject written = write(service, null);
    context.events().normal(written, "DeletedLoadBalancer", "Deleted load balancer");
    wakeWaiting();
  }

  private KubeObject write(KubeObject service, @Nullable String address) {
    ObjectNode tree = service.mutableTree();
    ObjectNode balancer = tree.withObject("/status").putObject("loadBalancer");
    if (address != null) {
      balancer.putArray("ingress").addObject().put("ip", address).put("ipMode", "VIP");
    }
    KubeObject written =
        context
            .client()
            .updateStatus(Resources.SERVICES, service.namespace(), service.name(), tree);
    services.put(written);
    return written;
  }
}
