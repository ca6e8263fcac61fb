package dev.coracle.network;

import dev.coracle.api.Cidr;
import dev.coracle.client.views.DiscoveryEndpointPort;
import dev.coracle.client.views.Endpoint;
import dev.coracle.client.views.EndpointSlice;
import dev.coracle.client.views.ObjectMeta;
import dev.coracle.client.views.Service;
import dev.coracle.client.views.ServicePort;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Services as nftables rules: a pure function from Services and EndpointSlices to the text of one
 * table.
 */
final class ServiceRules {

  /**
   * What the rules need to know of the machine.
   *
   * @param table the table's name
   * @param bridge the Pods' bridge
   * @param gateway its address
   * @param pods the Pods' network
   * @param nodePortsEverywhere whether node ports answer on all addresses of the machine, or only
   *     on loopback and the bridge
   */
  record Machine(
      String table, String bridge, String gateway, Cidr pods, boolean nodePortsEverywhere) {}

  /**
   * One port of one Service with where it leads.
   *
   * @param balancers the addresses of its load balancer
   * @param allowed who may come by these; empty for everyone
   * @param affinity the seconds for which a client stays with an endpoint; 0 for not at all
   */
  private record Target(
      String service,
      String protocol,
      int port,
      int nodePort,
      List<String> addresses,
      List<String> balancers,
      List<String> allowed,
      List<String> backends,
      int affinity) {}

  private static final int DEFAULT_AFFINITY = 10_800;

  /** Labels that keep a service proxy away from a Service or an EndpointSlice. */
  private static final List<String> NOT_OURS =
      List.of("service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless");

  private ServiceRules() {}

  /**
   * The input of {@code nft -f -} that replaces the table in one transaction.
   *
   * @param slices of a Service, by {@code namespace/name} of the Service
   */
  static String render(
      Machine machine, Collection<Service> services, Map<String, List<EndpointSlice>> slices) {
    List<Target> targets = new ArrayList<>();
    TreeSet<String> pods = new TreeSet<>();
    for (Service service : services) {
      if (isOurs(service.metadata())) {
        List<EndpointSlice> all = slices.getOrDefault(key(service), List.of());
        targets(service, all.stream().filter(s -> isOurs(s.metadata())).toList(), targets);
      }
    }
    StringBuilder chains = new StringBuilder();
    TreeMap<String, String> clusterIps = new TreeMap<>();
    TreeMap<String, String> balancers = new TreeMap<>();
    TreeMap<String, String> nodePorts = new TreeMap<>();
    TreeSet<String> refused = new TreeSet<>();
    TreeSet<String> refusedNodePorts = new TreeSet<>();
    int number = 0;
    for (Target target : targets) {
      String portKey = target.protocol() + " . " + target.port();
      String nodePortKey = target.protocol() + " . " + target.nodePort();
      if (target.backends().isEmpty()) {
        target.addresses().forEach(address -> refused.add(address + " . " + portKey));
        target.balancers().forEach(address -> refused.add(address + " . " + portKey));
        if (target.nodePort() > 0) {
          refusedNodePorts.add(nodePortKey);
        }
        continue;
      }
      String chain = "svc" + number++;
      String rule = target.affinity() > 0 ? stickyRule(target, chains) : rule(target);
      chains.append("  chain ").append(chain).append(" {\n    ").append(rule).append("\n  }\n");
      target
          .addresses()
          .forEach(address -> clusterIps.put(address + " . " + portKey, "goto " + chain));
      String gate = chain;
      if (!target.balancers().isEmpty() && !target.allowed().isEmpty()) {
        gate = chain + "from";
        chains
            .append("  chain ")
            .append(gate)
            .append(" {\n    ip saddr != { ")
            .append(String.join(", ", target.allowed()))
            .append(" } drop\n    goto ")
            .append(chain)
            .append("\n  }\n");
      }
      for (String address : target.balancers()) {
        balancers.put(address + " . " + portKey, "goto " + gate);
      }
      if (target.nodePort() > 0) {
        nodePorts.put(nodePortKey, "goto " + chain);
      }
      target.backends().forEach(backend -> pods.add(backend.substring(0, backend.indexOf(' '))));
    }
    return table(
        machine, chains, clusterIps, balancers, nodePorts, refused, refusedNodePorts, pods);
  }

  private static boolean isOurs(ObjectMeta metadata) {
    return NOT_OURS.stream().noneMatch(metadata.labels()::containsKey);
  }

  private static String key(Service service) {
    return service.metadata().namespace() + "/" + service.metadata().name();
  }

  private static void targets(Service service, List<EndpointSlice> slices, List<Target> into) {
    if ("ExternalName".equals(service.spec().type())) {
      return;
    }
    List<String> addresses = new ArrayList<>();
    for (String address : service.spec().clusterIPs()) {
      if (address.contains(".")) {
        addresses.add(address);
      }
    }
    addresses.addAll(service.spec().externalIPs());
    List<String> balancers = balancers(service);
    int affinity = affinity(service);
    for (ServicePort port : service.spec().ports()) {
      int nodePort = Objects.requireNonNullElse(port.nodePort(), 0);
      if (addresses.isEmpty() && balancers.isEmpty() && nodePort == 0) {
        continue;
      }
      into.add(
          new Target(
              key(service).replace('/', '.'),
              protocol(port.protocol()),
              Objects.requireNonNullElse(port.port(), 0),
              nodePort,
              List.copyOf(addresses),
              balancers,
              service.spec().loadBalancerSourceRanges(),
              backends(port, slices),
              affinity));
    }
  }

  private static int affinity(Service service) {
    if (!"ClientIP".equals(service.spec().sessionAffinity())) {
      return 0;
    }
    Integer seconds = service.spec().sessionAffinityConfig().clientIP().timeoutSeconds();
    return Objects.requireNonNullElse(seconds, DEFAULT_AFFINITY);
  }

  /** The addresses of a Service's load balancer that lead to its Pods, not to a proxy before. */
  static List<String> balancers(Service service) {
    List<String> addresses = new ArrayList<>();
    service
        .status()
        .loadBalancer()
        .ingress()
        .forEach(
            ingress -> {
              String ip = ingress.ip();
              if (ip != null && ip.contains(".") && !"Proxy".equals(ingress.ipMode())) {
                addresses.add(ip);
              }
            });
    return addresses;
  }

  private static String protocol(@org.jspecify.annotations.Nullable String protocol) {
    return protocol == null ? "tcp" : protocol.toLowerCase(Locale.ROOT);
  }

  /** {@code address . port} of every endpoint that serves; of those that end when no other does. */
  private static List<String> backends(ServicePort port, List<EndpointSlice> slices) {
    TreeSet<String> ready = new TreeSet<>();
    TreeSet<String> terminating = new TreeSet<>();
    for (EndpointSlice slice : slices) {
      if (!"IPv4".equals(slice.addressType())) {
        continue;
      }
      for (DiscoveryEndpointPort endpointPort : slice.ports()) {
        if (endpointPort.port() == null
            || !Objects.requireNonNullElse(endpointPort.name(), "")
                .equals(Objects.requireNonNullElse(port.name(), ""))
            || !protocol(endpointPort.protocol()).equals(protocol(port.protocol()))) {
          continue;
        }
        for (Endpoint endpoint : slice.endpoints()) {
          if (endpoint.addresses().isEmpty()) {
            continue;
          }
          String backend = endpoint.addresses().getFirst() + " . " + endpointPort.port();
          if (!Boolean.FALSE.equals(endpoint.conditions().ready())) {
            ready.add(backend);
          } else if (Boolean.TRUE.equals(endpoint.conditions().serving())
              && Boolean.TRUE.equals(endpoint.conditions().terminating())) {
            terminating.add(backend);
          }
        }
      }
    }
    return List.copyOf(ready.isEmpty() ? terminating : ready);
  }

  private static String rule(Target target) {
    List<String> backends = target.backends();
    String head = "meta l4proto " + target.protocol() + " dnat ip to ";
    if (backends.size() == 1) {
      return head + backends.getFirst().replace(" . ", ":");
    }
    return head + choice("map", backends);
  }

  private static String choice(String kind, List<String> of) {
    StringBuilder map = new StringBuilder();
    for (int i = 0; i < of.size(); i++) {
      map.append(i == 0 ? "" : ", ").append(i).append(" : ").append(of.get(i));
    }
    return "numgen random mod " + of.size() + " " + kind + " { " + map + " }";
  }

  /** Each endpoint has a set of its clients, who come back to it until they stay away too long. */
  private static String stickyRule(Target target, StringBuilder chains) {
    StringBuilder rules = new StringBuilder();
    List<String> verdicts = new ArrayList<>();
    for (String backend : target.backends()) {
      String name =
          String.join(
              ".",
              target.service(),
              target.protocol(),
              String.valueOf(target.port()),
              backend.replace(" . ", "."));
      String clients = RulesTable.CLIENTS + name;
      chains
          .append("  set ")
          .append(clients)
          .append(" {\n    type ipv4_addr\n    flags dynamic,timeout\n    timeout ")
          .append(target.affinity())
          .append("s\n  }\n  chain to.")
          .append(name)
          .append(" {\n    update @")
          .append(clients)
          .append(" { ip saddr }\n    meta l4proto ")
          .append(target.protocol())
          .append(" dnat ip to ")
          .append(backend.replace(" . ", ":"))
          .append("\n  }\n");
      rules.append("ip saddr @").append(clients).append(" goto to.").append(name).append("\n    ");
      verdicts.add("goto to." + name);
    }
    return rules + choice("vmap", verdicts);
  }

  /** The input of {@code nft -f -} after which there is no such table, whether there was or not. */
  static String dropped(String table) {
    return "table ip %1$s {}\ndelete table ip %1$s\n".formatted(table);
  }

  /** What matches the addresses on which node ports answer. */
  static String nodeAddresses(boolean everywhere, String gateway) {
    return everywhere ? "fib daddr type local" : "ip daddr { 127.0.0.0/8, " + gateway + " }";
  }

  private static String table(
      Machine machine,
      StringBuilder chains,
      Map<String, String> clusterIps,
      Map<String, String> balancers,
      Map<String, String> nodePorts,
      Collection<String> refused,
      Collection<String> refusedNodePorts,
      Collection<String> pods) {
    String name = machine.table();
    String nodeAddresses = nodeAddresses(machine.nodePortsEverywhere(), machine.gateway());
    StringBuilder text = new StringBuilder(dropped(name));
    text.append("table ip ").append(name).append(" {\n");
    map(text, "cluster_ips", "ipv4_addr . inet_proto . inet_service", clusterIps);
    map(text, "balancers", "ipv4_addr . inet_proto . inet_service", balancers);
    map(text, "node_ports", "inet_proto . inet_service", nodePorts);
    set(text, "refused", "ipv4_addr . inet_proto . inet_service", refused);
    set(text, "refused_node_ports", "inet_proto . inet_service", refusedNodePorts);
    List<String> hairpins = new ArrayList<>();
    pods.forEach(pod -> hairpins.add(pod + " . " + pod));
    set(text, "hairpins", "ipv4_addr . ipv4_addr", hairpins);
    text.append(chains);
    text.append(
        "  chain services {\n    ip daddr . meta l4proto . th dport vmap @cluster_ips\n  }\n"
            + "  chain balanced {\n    ip daddr . meta l4proto . th dport vmap @balancers\n  }\n");
    text.append("  chain nodes {\n    ")
        .append(nodeAddresses)
        .append(" meta l4proto . th dport vmap @node_ports\n  }\n");
    text.append("  chain refuse {\n")
        .append("    ip daddr . meta l4proto . th dport @refused reject\n    ")
        .append(nodeAddresses)
        .append(" meta l4proto . th dport @refused_node_ports reject\n  }\n");
    // Loopback addresses are routable on the bridge for node ports only: Pods may not use that.
    text.append("  chain guard {\n    type filter hook prerouting priority raw;\n    iifname \"")
        .append(machine.bridge())
        .append("\" ip daddr 127.0.0.0/8 drop\n  }\n");
    // Another cluster on this machine may use the same cluster IPs: those of this one are for its
    // own Pods.
    text.append(
            "  chain prerouting {\n    type nat hook prerouting priority dstnat;\n    iifname \"")
        .append(machine.bridge())
        .append("\" jump services\n    jump balanced\n    jump nodes\n  }\n");
    text.append(
        "  chain output {\n    type nat hook output priority -100;\n    jump services\n    jump balanced\n    jump nodes\n  }\n");
    text.append("  chain forward {\n    type filter hook forward priority filter;\n")
        .append("    ct state new jump refuse\n  }\n");
    text.append("  chain input {\n    type filter hook input priority filter;\n")
        .append("    ct state new jump refuse\n  }\n");
    text.append("  chain local {\n    type filter hook output priority filter;\n")
        .append("    ct state new jump refuse\n  }\n");
    text.append("  chain postrouting {\n    type nat hook postrouting priority srcnat;\n")
        .append("    ct status dnat ip saddr . ip daddr @hairpins masquerade\n    oifname \"")
        .append(machine.bridge())
        .append("\" ct status dnat ip saddr != ")
        .append(machine.pods())
        .append(" masquerade\n    ip saddr ")
        .append(machine.pods())
        .append(" ip daddr != ")
        .append(machine.pods())
        .append(" oifname != \"")
        .append(machine.bridge())
        .append("\" masquerade\n  }\n}\n");
    return text.toString();
  }

  private static void map(
      StringBuilder text, String name, String type, Map<String, String> entries) {
    text.append("  map ").append(name).append(" {\n    type ").append(type).append(" : verdict\n");
    if (!entries.isEmpty()) {
      text.append("    elements = { ");
      boolean first = true;
      for (Map.Entry<String, String> entry : entries.entrySet()) {
        text.append(first ? "" : ", ")
            .append(entry.getKey())
            .append(" : ")
            .append(entry.getValue());
        first = false;
      }
      text.append(" }\n");
    }
    text.append("  }\n");
  }

  private static void set(
      StringBuilder text, String name, String type, Collection<String> elements) {
    text.append("  set ").append(name).append(" {\n    type ").append(type).append("\n");
    if (!elements.isEmpty()) {
      text.append("    elements = { ").append(String.join(", ", elements)).append(" }\n");
    }
    text.append("  }\n");
  }
}
