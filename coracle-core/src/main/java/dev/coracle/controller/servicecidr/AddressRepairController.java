package dev.coracle.controller.servicecidr;

import com.fasterxml.jackson.databind.JsonNode;
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
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Sees that each cluster IP has an IPAddress that names its Service, and that an IPAddress of the
 * allocator whose Service is gone goes too. A kube-apiserver does this itself, as itself.
 */
public final class AddressRepairController implements Controller {

  /** Its name, and the source of its events. */
  public static final String NAME = "ipallocator-repair-controller";

  /** A Service may still be on its way: requests end after this time. */
  private static final Duration GRACE = Duration.ofSeconds(60);

  /** An IPAddress is written beside its Service and may be seen after it. */
  private static final Duration MOMENT = Duration.ofMillis(500);

  private sealed interface Key {
    record Service(ObjectKey key) implements Key {}

    record Address(String ip) implements Key {}
  }

  private final ControllerContext context;
  private final SharedInformer services;
  private final SharedInformer addresses;
  private final SharedInformer serviceCidrs;
  private final Work<Key> work;

  /** Cluster IPs that were seen without an IPAddress once. */
  private final Set<String> missing = ConcurrentHashMap.newKeySet();

  public AddressRepairController(ControllerContext context) {
    this.context = context;
    this.services = context.informers().of(Resources.SERVICES);
    this.addresses = context.informers().of(Resources.IP_ADDRESSES);
    this.serviceCidrs = context.informers().of(Resources.SERVICE_CIDRS);
    this.work = new Work<>(NAME, context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    work.need(serviceCidrs);
    work.watch(
        services,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject service) {
            work.queue().add(new Key.Service(ObjectKey.of(service)));
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("spec", "clusterIPs").equals(now.at("spec", "clusterIPs"))) {
              added(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            last.at("spec", "clusterIPs")
                .forEach(ip -> work.queue().add(new Key.Address(ip.asText())));
          }
        });
    work.watch(
        addresses,
        address -> {
          JsonNode parent = address.at("spec", "parentRef");
          if (parent.path("resource").asText().equals("services")) {
            work.queue()
                .add(
                    new Key.Service(
                        new ObjectKey(
                            parent.path("namespace").asText(), parent.path("name").asText())));
          }
          work.queue().add(new Key.Address(address.name()));
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Service service -> {
        KubeObject found = services.get(service.key().namespace(), service.key().name());
        if (found == null) {
          missing.removeIf(one -> one.startsWith(service.key() + " "));
        } else if (!found.text("spec", "type").equals("ExternalName")) {
          for (JsonNode ip : found.at("spec", "clusterIPs")) {
            if (!ip.asText().isEmpty() && !ip.asText().equals("None")) {
              repair(found, ip.asText());
            }
          }
        }
      }
      case Key.Address address -> clean(address.ip());
    }
  }

  private static String family(String ip) {
    return ip.indexOf(':') < 0 ? "IPv4" : "IPv6";
  }

  private void repair(KubeObject service, String ip) {
    String shown = "[" + family(ip) + "]:";
    if (serviceCidrs.get("", "kubernetes") != null
        && ServiceCidrs.containing(serviceCidrs.list(""), ip).isEmpty()) {
      warn(
          service,
          "ClusterIPOutOfRange",
          "Cluster IP "
              + shown
              + " "
              + ip
              + " is not within any configured Service CIDR; please recreate service");
      return;
    }
    KubeObject address = context.client().find(Resources.IP_ADDRESSES, "", ip);
    if (address == null) {
      if (missing.add(service.key() + " " + ip)) {
        work.queue().addAfter(new Key.Service(ObjectKey.of(service)), MOMENT);
        return;
      }
      missing.remove(service.key() + " " + ip);
      if (!hasStill(service, ip)) {
        return;
      }
      warn(
          service,
          "ClusterIPNotAllocated",
          "Cluster IP " + shown + " " + ip + " is not allocated; repairing");
      create(service, ip);
      return;
    }
    missing.remove(service.key() + " " + ip);
    if (isParent(address, service)) {
      if (!ServiceCidrs.isAllocated(address)
          || !family(ip).equals(address.labels().get(ServiceCidrs.FAMILY))) {
        delete(address);
        create(service, ip);
      }
      return;
    }
    KubeObject other = parent(address);
    if (other != null && hasIp(other, ip)) {
      warn(
          service,
          "ClusterIPAlreadyAllocated",
          "Cluster IP "
              + shown
              + ip
              + " was assigned to multiple services; please recreate service");
      return;
    }
    warn(
        service,
        "ClusterIPNotAllocated",
        "the ClusterIP "
            + shown
            + " "
            + ip
            + " for Service "
            + service.key()
            + " has a wrong reference; repairing");
    delete(address);
    create(service, ip);
  }

  /** What the cache says may be over: an address that was given back is not to be taken again. */
  private boolean hasStill(KubeObject service, String ip) {
    KubeObject now = context.client().find(Resources.SERVICES, service.namespace(), service.name());
    return now != null && hasIp(now, ip);
  }

  private void clean(String ip) {
    KubeObject address = addresses.get("", ip);
    if (address == null || !ServiceCidrs.isAllocated(address)) {
      return;
    }
    JsonNode reference = address.at("spec", "parentRef");
    String named = reference.path("namespace").asText() + "/" + reference.path("name").asText();
    if (!isOfServices(reference)) {
      warn(
          address,
          "IPAddressNotAllocated",
          "IPAddress "
              + ip
              + " appears to have been modified, not referencing a Service "
              + reference
              + ": cleaning up");
      delete(address);
      return;
    }
    KubeObject service = parent(address);
    if (service == null) {
      Instant made = Timestamps.parse(address.creationTimestamp());
      Duration age = made == null ? GRACE : Duration.between(made, context.clock().instant());
      if (age.compareTo(GRACE) <= 0) {
        work.queue().addAfter(new Key.Address(ip), GRACE.minus(age).plusSeconds(1));
        return;
      }
      warn(
          address,
          "IPAddressNotAllocated",
          "IPAddress: " + ip + " for Service " + named + " appears to have leaked: cleaning up");
      delete(address);
    } else if (!hasIp(service, ip)) {
      warn(
          address,
          "IPAddressWrongReference",
          "IPAddress: " + ip + " for Service " + named + " has a wrong reference; cleaning up");
      delete(address);
    }
  }

  private static boolean isOfServices(JsonNode reference) {
    return reference.path("group").asText("").isEmpty()
        && reference.path("resource").asText().equals("services");
  }

  private static boolean isParent(KubeObject address, KubeObject service) {
    JsonNode reference = address.at("spec", "parentRef");
    return isOfServices(reference)
        && reference.path("namespace").asText().equals(service.namespace())
        && reference.path("name").asText().equals(service.name());
  }

  /** The Service that an IPAddress names, as it is now. */
  private @Nullable KubeObject parent(KubeObject address) {
    JsonNode reference = address.at("spec", "parentRef");
    if (!isOfServices(reference)) {
      return null;
    }
    return context
        .client()
        .find(
            Resources.SERVICES,
            reference.path("namespace").asText(),
            reference.path("name").asText());
  }

  private static boolean hasIp(KubeObject service, String ip) {
    for (JsonNode one : service.at("spec", "clusterIPs")) {
      if (one.asText().equals(ip)) {
        return true;
      }
    }
    return false;
  }

  private void create(KubeObject service, String ip) {
    ObjectNode object =
        Json.object().put("apiVersion", "networking.k8s.io/v1").put("kind", "IPAddress");
    object
        .putObject("metadata")
        .put("name", ip)
        .putObject("labels")
        .put(ServiceCidrs.FAMILY, family(ip))
        .put(ServiceCidrs.MANAGED_BY, ServiceCidrs.ALLOCATOR);
    object
        .putObject("spec")
        .putObject("parentRef")
        .put("resource", "services")
        .put("namespace", service.namespace())
        .put("name", service.name());
    try {
      KubeObject unused = context.client().create(Resources.IP_ADDRESSES, "", object);
    } catch (StatusException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
  }

  private void delete(KubeObject address) {
    try {
      context
          .client()
          .delete(Resources.IP_ADDRESSES, "", address.name(), DeleteOptions.uid(address.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  private void warn(KubeObject about, String reason, String message) {
    context.events().warning(about, reason, message);
  }
}
