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
  private static final String NONE = "None";

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
    completeFamilies(Meta.child(object, "spec"));
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    if (!write.subresource().isEmpty()) {
      return;
    }
    ObjectNode spec = Meta.child(object, "spec");
    JsonNode was = old.tree().path("spec");
    keepAddresses(spec, was);
    keepPorts(spec, was);
    dropForType(spec, was);
    completeFamilies(spec);
  }

  private static boolean hasAddress(JsonNode spec) {
    return !type(spec).equals("ExternalName");
  }

  private static boolean hasNodePorts(JsonNode spec) {
    return switch (type(spec)) {
      case "NodePort" -> true;
      case "LoadBalancer" -> spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
      default -> false;
    };
  }

  private static String type(JsonNode spec) {
    String type = Meta.text(spec, "type");
    return type.isEmpty() ? "ClusterIP" : type;
  }

  /** An update that does not say keeps what was allocated. */
  private static void keepAddresses(ObjectNode spec, JsonNode was) {
    if (!hasAddress(spec) || !hasAddress(was)) {
      return;
    }
    if (Meta.text(spec, "clusterIP").isEmpty() && spec.path("clusterIPs").isEmpty()) {
      Meta.restore(spec, was, "clusterIP");
      Meta.restore(spec, was, "clusterIPs");
    } else if (spec.path("clusterIPs").isEmpty()
        && Meta.text(spec, "clusterIP").equals(Meta.text(was, "clusterIP"))) {
      Meta.restore(spec, was, "clusterIPs");
    } else if (Meta.text(spec, "clusterIP").isEmpty()) {
      spec.put("clusterIP", spec.path("clusterIPs").path(0).asText(""));
    }
    for (String field : new String[] {"ipFamilies", "ipFamilyPolicy"}) {
      if (!spec.has(field)) {
        Meta.restore(spec, was, field);
      }
    }
  }

  private static void keepPorts(ObjectNode spec, JsonNode was) {
    if (!hasNodePorts(spec) || !hasNodePorts(was)) {
      return;
    }
    for (JsonNode port : spec.path("ports")) {
      if (port.path("nodePort").asInt(0) != 0 || !(port instanceof ObjectNode target)) {
        continue;
      }
      for (JsonNode before : was.path("ports")) {
        if (before.path("port").equals(port.path("port"))
            && before.path("protocol").equals(port.path("protocol"))
            && before.path("nodePort").asInt(0) != 0) {
          target.set("nodePort", before.get("nodePort"));
        }
      }
    }
    if (spec.path("healthCheckNodePort").asInt(0) == 0) {
      Meta.restore(spec, was, "healthCheckNodePort");
    }
  }

  /** A change of type takes away what the new type does not have, unless it was changed as well. */
  private static void dropForType(ObjectNode spec, JsonNode was) {
    if (hasAddress(was)
        && !hasAddress(spec)
        && spec.path("clusterIP").equals(was.path("clusterIP"))) {
      for (String field :
          new String[] {
            "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"
          }) {
        spec.remove(field);
      }
    }
    if (hasNodePorts(was) && !hasNodePorts(spec)) {
      for (int i = 0; i < spec.path("ports").size(); i++) {
        JsonNode before = was.path("ports").path(i).path("nodePort");
        if (spec.path("ports").get(i) instanceof ObjectNode port
            && port.path("nodePort").equals(before)) {
          port.remove("nodePort");
        }
      }
    }
    boolean external = type(spec).equals("NodePort") || type(spec).equals("LoadBalancer");
    if (!external) {
      dropUnchanged(spec, was, "externalTrafficPolicy");
      dropUnchanged(spec, was, "healthCheckNodePort");
    }
    if (!type(spec).equals("LoadBalancer")) {
      dropUnchanged(spec, was, "allocateLoadBalancerNodePorts");
      dropUnchanged(spec, was, "loadBalancerClass");
    }
    if (!type(spec).equals("ExternalName")) {
      dropUnchanged(spec, was, "externalName");
    }
  }

  private static void dropUnchanged(ObjectNode spec, JsonNode was, String field) {
    if (spec.has(field) && spec.get(field).equals(was.get(field))) {
      spec.remove(field);
    }
  }

  /** The fields about families, for the one family that there is. */
  private void completeFamilies(ObjectNode spec) {
    if (!hasAddress(spec)) {
      return;
    }
    String ip = Meta.text(spec, "clusterIP");
    if (spec.path("clusterIPs").isEmpty() && !ip.isEmpty()) {
      spec.putArray("clusterIPs").add(ip);
    } else if (ip.isEmpty() && !spec.path("clusterIPs").isEmpty()) {
      ip = spec.path("clusterIPs").path(0).asText("");
      spec.put("clusterIP", ip);
    }
    boolean free = ip.equals(NONE) && spec.path("selector").isEmpty();
    boolean given = !spec.path("ipFamilies").isEmpty();
    if (Meta.text(spec, "ipFamilyPolicy").isEmpty()) {
      boolean dual = given ? spec.path("ipFamilies").size() > 1 : free;
      spec.put("ipFamilyPolicy", dual ? "RequireDualStack" : "SingleStack");
    }
    if (!given) {
      boolean ipv6 = addresses.isIpv6() || ip.indexOf(':') >= 0;
      var families = spec.putArray("ipFamilies").add(ipv6 ? "IPv6" : "IPv4");
      if (free && !Meta.text(spec, "ipFamilyPolicy").equals("SingleStack")) {
        families.add(ipv6 ? "IPv4" : "IPv6");
      }
    }
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
    if (!hasAddress(spec) || Meta.text(spec, "clusterIP").equals(NONE)) {
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
    List<Integer> held = old == null ? List.of() : nodePorts(old.tree().path("spec"));
    int index = 0;
    if (hasNodePorts(spec)) {
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
    if (type(spec).equals("LoadBalancer")
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
    List<String> gone = clusterIps(was);
    gone.removeAll(clusterIps(spec));
    release(now.key(), gone);
    List<Integer> kept = nodePorts(spec);
    synchronized (this) {
      for (int port : nodePorts(was)) {
        if (!kept.contains(port)) {
          ports.release(port, now.key());
        }
      }
    }
  }

  @Override
  public void removed(KubeObject last) {
    JsonNode spec = last.tree().path("spec");
    release(last.key(), clusterIps(spec));
    synchronized (this) {
      nodePorts(spec).forEach(port -> ports.release(port, last.key()));
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
              clusterIps(spec).forEach(ip -> addresses.holds(ip, service.key()));
              nodePorts(spec).forEach(port -> ports.take(port, service.key()));
            });
    loaded = true;
  }

  private static List<String> clusterIps(JsonNode spec) {
    List<String> ips = Meta.strings(spec.path("clusterIPs"));
    ips.removeIf(ip -> ip.isEmpty() || ip.equals(NONE));
    return ips;
  }

  private static List<Integer> nodePorts(JsonNode spec) {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode port : spec.path("ports")) {
      if (port.path("nodePort").asInt(0) != 0) {
        numbers.add(port.path("nodePort").asInt());
      }
    }
    if (spec.path("healthCheckNodePort").asInt(0) != 0) {
      numbers.add(spec.path("healthCheckNodePort").asInt());
    }
    return numbers;
  }
}
