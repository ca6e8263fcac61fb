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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Services: cluster IPs and node ports. What is taken is known from the Services themselves: it is
 * read from them at the first use, so a crash leaves nothing to repair.
 */
final class ServiceStrategy implements Strategy {

  private static final String NONE = "None";

  private final AddressAllocator addresses;
  private final PortAllocator ports;
  private final Supplier<Resource> services;
  private boolean loaded;

  ServiceStrategy(RegistryConfig config, Supplier<Resource> services) {
    this.addresses = new AddressAllocator(config.serviceCidr(), config.random());
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
      allocateAddress(object, spec, holder, taken, write.dryRun());
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
    private final List<String> ips = new ArrayList<>();
    private final List<Integer> numbers = new ArrayList<>();

    Taken(String holder) {
      this.holder = holder;
    }

    @Override
    public void release() {
      synchronized (ServiceStrategy.this) {
        ips.forEach(ip -> addresses.release(ip, holder));
        numbers.forEach(port -> ports.release(port, holder));
      }
    }
  }

  private void allocateAddress(
      ObjectNode object, ObjectNode spec, String holder, Taken taken, boolean dryRun) {
    if (!hasAddress(spec) || Meta.text(spec, "clusterIP").equals(NONE)) {
      return;
    }
    String asked = Meta.text(spec, "clusterIP");
    if (asked.isEmpty()) {
      String free = addresses.free();
      if (free == null) {
        throw StatusException.internal("failed to allocate a serviceIP: range is full");
      }
      addresses.take(free, holder);
      taken.ips.add(free);
      spec.put("clusterIP", free);
      spec.putArray("clusterIPs").add(free);
      return;
    }
    if (holder.equals(addresses.holder(asked))) {
      return;
    }
    if (!addresses.contains(asked)) {
      throw invalid(
          object,
          "spec.clusterIPs",
          "Invalid value: [\""
              + asked
              + "\"]: failed to allocate IP "
              + asked
              + ": the provided network does not match the current range");
    }
    if (!addresses.take(asked, holder)) {
      throw invalid(
          object,
          "spec.clusterIPs",
          "Invalid value: [\""
              + asked
              + "\"]: failed to allocate IP "
              + asked
              + ": provided IP is already allocated");
    }
    taken.ips.add(asked);
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
  public synchronized void stored(KubeObject now, @Nullable KubeObject before) {
    if (!loaded || before == null) {
      return;
    }
    JsonNode spec = now.tree().path("spec");
    JsonNode was = before.tree().path("spec");
    List<String> ips = clusterIps(spec);
    for (String ip : clusterIps(was)) {
      if (!ips.contains(ip)) {
        addresses.release(ip, now.key());
      }
    }
    List<Integer> kept = nodePorts(spec);
    for (int port : nodePorts(was)) {
      if (!kept.contains(port)) {
        ports.release(port, now.key());
      }
    }
  }

  @Override
  public synchronized void removed(KubeObject last) {
    if (!loaded) {
      return;
    }
    JsonNode spec = last.tree().path("spec");
    clusterIps(spec).forEach(ip -> addresses.release(ip, last.key()));
    nodePorts(spec).forEach(port -> ports.release(port, last.key()));
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
              clusterIps(spec).forEach(ip -> addresses.take(ip, service.key()));
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
