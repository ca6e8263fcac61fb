package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Meta;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Services: cluster IPs and node ports. What is taken is known from the Services themselves: it is
 * read from them at the first use. The IPAddress of a cluster IP is written beside its Service;
 * what a crash leaves of the one without the other is the repair controller's.
 */
final class ServiceStrategy implements Strategy {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceStrategy.class);

  private final ServiceAddresses addresses;
  private final AddressObjects addressObjects;
  private final PortAllocator ports;
  private final Supplier<Resource> services;
  private boolean loaded;

  ServiceStrategy(
      RegistryConfig config,
      ServiceAddresses addresses,
      AddressObjects addressObjects,
      Supplier<Resource> services) {
    this.addresses = addresses;
    this.addressObjects = addressObjects;
    this.ports = new PortAllocator(config.firstNodePort(), config.lastNodePort(), config.random());
    this.services = services;
  }

  @Override
  public boolean createsOnUpdate() {
    return true;
  }

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    ServiceFields.completeFamilies(Meta.child(object, "spec"), addresses.isIpv6());
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    if (!write.subresource().isEmpty()) {
      return;
    }
    ObjectNode spec = Meta.child(object, "spec");
    JsonNode was = old.tree().path("spec");
    ServiceFields.keepAddresses(spec, was);
    ServiceFields.keepPorts(spec, was);
    ServiceFields.dropForType(spec, was);
    ServiceFields.completeFamilies(spec, addresses.isIpv6());
  }

  @Override
  public synchronized Allocation allocate(
      Write write, ObjectNode object, @Nullable KubeObject old) {
    if (!write.subresource().isEmpty()) {
      return Allocation.NONE;
    }
    load();
    String holder = write.namespace() + "/" + Meta.text(Meta.of(object), "name");
    ObjectNode spec = Meta.child(object, "spec");
    Taken taken = new Taken(holder);
    try {
      allocateAddress(object, spec, taken, write);
      allocatePorts(object, spec, old, holder, taken, write.dryRun());
    } catch (StatusException e) {
      taken.release();
      throw e;
    }
    if (write.dryRun()) {
      taken.release();
      return Allocation.NONE;
    }
    return taken;
  }

  /** What this write took, to be given back if it fails. */
  private final class Taken implements Allocation {
    private final String holder;
    private final List<Integer> numbers = new ArrayList<>();
    private @Nullable String ip;
    private @Nullable Future<?> object;

    Taken(String holder) {
      this.holder = holder;
    }

    @Override
    public void kept() {
      String taken = ip;
      if (taken != null && object != null) {
        await(object);
        addresses.written(taken);
      }
    }

    @Override
    public void release() {
      String taken = ip;
      if (taken != null) {
        if (object != null) {
          await(object);
          addressObjects.remove(taken, holder);
        }
        addresses.release(taken, holder);
        addresses.written(taken);
      }
      synchronized (ServiceStrategy.this) {
        numbers.forEach(port -> ports.release(port, holder));
      }
    }
  }

  /** Returns when the object is written, or could not be: the repair controller sees to that. */
  private static void await(Future<?> creation) {
    try {
      Object unused = creation.get();
    } catch (ExecutionException e) {
      LOG.warn("a cluster IP has no IPAddress yet: {}", String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void allocateAddress(ObjectNode object, ObjectNode spec, Taken taken, Write write) {
    if (!ServiceFields.hasAddress(spec)
        || Meta.text(spec, "clusterIP").equals(ServiceFields.NONE)) {
      return;
    }
    String asked = Meta.text(spec, "clusterIP");
    if (asked.isEmpty()) {
      asked = addresses.free();
      if (asked == null) {
        throw StatusException.internal("failed to allocate a serviceIP: range is full");
      }
      spec.put("clusterIP", asked);
      spec.putArray("clusterIPs").add(asked);
    } else if (addresses.isHeldBy(asked, taken.holder)) {
      return;
    }
    String obstacle =
        switch (addresses.take(asked, taken.holder)) {
          case TAKEN -> null;
          case OUT_OF_RANGES -> "the provided network does not match the current range";
          case OUT_OF_RANGE ->
              "the provided IP ("
                  + asked
                  + ") is not in the valid range. The range of valid IPs is "
                  + addresses.rangeOf(asked);
          case ALLOCATED -> "provided IP is already allocated";
        };
    if (obstacle != null) {
      throw invalid(
          object,
          "spec.clusterIPs",
          "Invalid value: [\"" + asked + "\"]: failed to allocate IP " + asked + ": " + obstacle);
    }
    taken.ip = asked;
    if (!write.dryRun()) {
      taken.object = addressObjects.create(asked, taken.holder, write.now());
    }
  }

  private void allocatePorts(
      ObjectNode object,
      ObjectNode spec,
      @Nullable KubeObject old,
      String holder,
      Taken taken,
      boolean dryRun) {
    List<Integer> held = old == null ? List.of() : ServiceFields.nodePorts(old.tree().path("spec"));
    int index = 0;
    if (ServiceFields.hasNodePorts(spec)) {
      for (JsonNode port : spec.path("ports")) {
        int asked = port.path("nodePort").asInt(0);
        if (port instanceof ObjectNode target) {
          if (asked == 0) {
            target.put("nodePort", freePort(object, index, holder, taken));
          } else if (!held.contains(asked)) {
            takePort(object, "spec.ports[" + index + "].nodePort", asked, holder, taken);
          }
        }
        index++;
      }
    }
    if (ServiceFields.type(spec).equals("LoadBalancer")
        && Meta.text(spec, "externalTrafficPolicy").equals("Local")) {
      int asked = spec.path("healthCheckNodePort").asInt(0);
      if (asked == 0) {
        spec.put("healthCheckNodePort", freePort(object, index, holder, taken));
      } else if (!held.contains(asked)) {
        takePort(object, "spec.healthCheckNodePort", asked, holder, taken);
      }
    }
  }

  private int freePort(ObjectNode object, int index, String holder, Taken taken) {
    int port = ports.free();
    if (port == 0) {
      throw StatusException.internal("failed to allocate a nodePort: range is full");
    }
    ports.take(port, holder);
    taken.numbers.add(port);
    return port;
  }

  private void takePort(ObjectNode object, String field, int port, String holder, Taken taken) {
    if (taken.numbers.contains(port)) {
      return;
    }
    if (!ports.contains(port)) {
      throw invalid(
          object,
          field,
          "Invalid value: "
              + port
              + ": provided port is not in the valid range. The range of valid ports is "
              + ports.range());
    }
    if (!ports.take(port, holder)) {
      throw invalid(
          object, field, "Invalid value: " + port + ": provided port is already allocated");
    }
    taken.numbers.add(port);
  }

  private static StatusException invalid(ObjectNode object, String field, String message) {
    return StatusException.invalid(
        "",
        "Service",
        Meta.text(Meta.of(object), "name"),
        List.of(new StatusCause("FieldValueInvalid", message, field)));
  }

  @Override
  public void stored(KubeObject now, @Nullable KubeObject before) {
    if (before == null) {
      return;
    }
    JsonNode spec = now.tree().path("spec");
    JsonNode was = before.tree().path("spec");
    List<String> gone = ServiceFields.clusterIps(was);
    gone.removeAll(ServiceFields.clusterIps(spec));
    release(now.key(), gone);
    List<Integer> kept = ServiceFields.nodePorts(spec);
    synchronized (this) {
      for (int port : ServiceFields.nodePorts(was)) {
        if (!kept.contains(port)) {
          ports.release(port, now.key());
        }
      }
    }
  }

  @Override
  public void removed(KubeObject last) {
    JsonNode spec = last.tree().path("spec");
    release(last.key(), ServiceFields.clusterIps(spec));
    synchronized (this) {
      ServiceFields.nodePorts(spec).forEach(port -> ports.release(port, last.key()));
    }
  }

  /** The address is free for others when its object is gone. */
  private void release(String service, List<String> ips) {
    for (String ip : ips) {
      addressObjects.remove(ip, service);
      addresses.release(ip, service);
    }
  }

  private void load() {
    if (loaded) {
      return;
    }
    services
        .get()
        .stored()
        .snapshot()
        .tree()
        .forEach(
            service -> {
              JsonNode spec = service.tree().path("spec");
              ServiceFields.clusterIps(spec).forEach(ip -> addresses.holds(ip, service.key()));
              ServiceFields.nodePorts(spec).forEach(port -> ports.take(port, service.key()));
            });
    loaded = true;
  }
}
