package dev.coracle.network.dns;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.views.DiscoveryEndpointPort;
import dev.coracle.client.views.Endpoint;
import dev.coracle.client.views.EndpointSlice;
import dev.coracle.client.views.Service;
import dev.coracle.client.views.ServicePort;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the cluster's names stand for, by the informers' newest state. */
final class ClusterRecords {

  /** Alone, it leads Pods of every namespace to the API server. */
  private static final String API_SERVER = "kubernetes";

  private static final String BY_SERVICE = "service";
  private static final String BY_ADDRESS = "address";

  /** What a name stands for. */
  sealed interface Answer {
    /** The name exists; {@code addresses} may be empty. Dotted IPv4. */
    record Addresses(List<String> addresses) implements Answer {}

    /** SRV targets: absolute names with a final dot, and the address of each. */
    record Targets(List<Target> targets) implements Answer {}

    /** Another name, absolute with a final dot. */
    record Alias(String name) implements Answer {}

    /** No such name in the cluster. */
    record NoSuchName() implements Answer {}
  }

  record Target(String name, int port, String address) {}

  private final String domain;
  private final SharedInformer services;
  private final SharedInformer slices;
  private final SharedInformer namespaces;

  /**
   * @param domain such as {@code cluster.local}
   */
  ClusterRecords(String domain, Informers informers) {
    this.domain = domain;
    services = informers.of(GroupVersionResource.core("services"));
    slices = informers.of(GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices"));
    namespaces = informers.of(GroupVersionResource.core("namespaces"));
    services.addIndex(BY_ADDRESS, ClusterRecords::clusterIps);
    slices.addIndex(BY_SERVICE, ClusterRecords::serviceOf);
    slices.addIndex(BY_ADDRESS, ClusterRecords::addressesOf);
  }

  private static List<String> clusterIps(KubeObject service) {
    return Service.of(service).spec().clusterIPs();
  }

  private static List<String> serviceOf(KubeObject slice) {
    String service = slice.labels().get("kubernetes.io/service-name");
    return service == null ? List.of() : List.of(slice.namespace() + "/" + service);
  }

  private static List<String> addressesOf(KubeObject slice) {
    List<String> addresses = new ArrayList<>();
    EndpointSlice.of(slice).endpoints().forEach(endpoint -> addresses.addAll(endpoint.addresses()));
    return addresses;
  }

  String domain() {
    return domain;
  }

  /** Whether a name (lower case, without a final dot) is the cluster's to answer for. */
  boolean owns(String name) {
    return name.equals(domain) || name.endsWith("." + domain) || name.equals(API_SERVER);
  }

  /** A and AAAA: {@code name} is lower case, without a final dot, and owned. */
  Answer address(String name) {
    if (name.equals(API_SERVER)) {
      return address(API_SERVER + ".default.svc." + domain);
    }
    List<String> labels = labels(name);
    int size = labels.size();
    if (size == 0) {
      return new Answer.Addresses(List.of());
    }
    return switch (labels.getLast()) {
      case "svc" -> size < 3 ? emptyNode(labels) : serviceAddress(labels);
      case "pod" -> size == 3 ? podAddress(labels) : emptyNode(labels);
      default -> new Answer.NoSuchName();
    };
  }

  /**
   * {@code svc}, {@code pod} and namespaces exist and have no addresses. So does no Service without
   * a namespace, but for {@code kubernetes}: by the search domains, that name alone leads to the
   * API server from every namespace.
   */
  private Answer emptyNode(List<String> labels) {
    if (labels.equals(List.of("kubernetes", "svc"))) {
      return serviceAddress(List.of("kubernetes", "default", "svc"));
    }
    if (labels.size() == 1
        || (labels.size() == 2 && namespaces.get("", labels.getFirst()) != null)) {
      return new Answer.Addresses(List.of());
    }
    return new Answer.NoSuchName();
  }

  private Answer serviceAddress(List<String> labels) {
    int size = labels.size();
    String namespace = labels.get(size - 2);
    @Nullable Service service = service(namespace, labels.get(size - 3));
    if (service == null) {
      return new Answer.NoSuchName();
    }
    String externalName = service.spec().externalName();
    if ("ExternalName".equals(service.spec().type()) && externalName != null) {
      return size == 3
          ? new Answer.Alias(externalName.endsWith(".") ? externalName : externalName + ".")
          : new Answer.NoSuchName();
    }
    if (size == 3) {
      return isHeadless(service)
          ? new Answer.Addresses(addresses(service, null))
          : new Answer.Addresses(ipv4(service.spec().clusterIPs()));
    }
    if (size == 4) {
      List<String> found = addresses(service, labels.getFirst());
      return found.isEmpty() ? new Answer.NoSuchName() : new Answer.Addresses(found);
    }
    // _port._protocol exists as a name, but has no address.
    boolean isPort = size == 5 && labels.getFirst().startsWith("_");
    return isPort ? new Answer.Addresses(List.of()) : new Answer.NoSuchName();
  }

  private Answer podAddress(List<String> labels) {
    String address = labels.getFirst().replace('-', '.');
    boolean good =
        address.matches("\\d{1,3}(\\.\\d{1,3}){3}") && namespaces.get("", labels.get(1)) != null;
    return good ? new Answer.Addresses(List.of(address)) : new Answer.NoSuchName();
  }

  /**
   * SRV of {@code _port._protocol.service.namespace.svc}, or of all ports of {@code service...}.
   */
  Answer targets(String name) {
    List<String> labels = labels(name);
    int size = labels.size();
    if (size < 3 || !labels.getLast().equals("svc")) {
      return address(name) instanceof Answer.NoSuchName
          ? new Answer.NoSuchName()
          : new Answer.Targets(List.of());
    }
    @Nullable Service service = service(labels.get(size - 2), labels.get(size - 3));
    if (service == null) {
      return new Answer.NoSuchName();
    }
    @Nullable String port = null;
    @Nullable String protocol = null;
    if (size == 5 && labels.get(0).startsWith("_") && labels.get(1).startsWith("_")) {
      port = labels.get(0).substring(1);
      protocol = labels.get(1).substring(1);
    } else if (size != 3) {
      return new Answer.NoSuchName();
    }
    String base = labels.get(size - 3) + "." + labels.get(size - 2) + ".svc." + domain + ".";
    List<Target> targets =
        isHeadless(service)
            ? endpointTargets(service, base, port, protocol)
            : serviceTargets(service, base, port, protocol);
    return targets.isEmpty() && port != null
        ? new Answer.NoSuchName()
        : new Answer.Targets(targets);
  }

  private static List<Target> serviceTargets(
      Service service, String base, @Nullable String port, @Nullable String protocol) {
    List<Target> targets = new ArrayList<>();
    List<String> addresses = ipv4(service.spec().clusterIPs());
    for (ServicePort one : service.spec().ports()) {
      if (!addresses.isEmpty()
          && one.port() != null
          && matches(one.name(), one.protocol(), port, protocol)) {
        targets.add(new Target(base, one.port(), addresses.getFirst()));
      }
    }
    return targets;
  }

  private List<Target> endpointTargets(
      Service service, String base, @Nullable String port, @Nullable String protocol) {
    List<Target> targets = new ArrayList<>();
    for (EndpointSlice slice : slicesOf(service)) {
      for (DiscoveryEndpointPort one : slice.ports()) {
        if (one.port() == null || !matches(one.name(), one.protocol(), port, protocol)) {
          continue;
        }
        for (Endpoint endpoint : slice.endpoints()) {
          if (isPublished(endpoint) && !endpoint.addresses().isEmpty()) {
            String address = endpoint.addresses().getFirst();
            targets.add(new Target(hostname(endpoint) + "." + base, one.port(), address));
          }
        }
      }
    }
    return targets;
  }

  private static boolean matches(
      @Nullable String name,
      @Nullable String protocol,
      @Nullable String wantedName,
      @Nullable String wantedProtocol) {
    String its = protocol == null ? "tcp" : protocol.toLowerCase(Locale.ROOT);
    return wantedName == null
        || (wantedName.equals(name == null ? "" : name) && its.equals(wantedProtocol));
  }

  /** The name that an address has: PTR. Absolute with a final dot, or null. */
  @Nullable String nameOf(String address) {
    for (KubeObject service : services.byIndex(BY_ADDRESS, address)) {
      return service.name() + "." + service.namespace() + ".svc." + domain + ".";
    }
    for (KubeObject object : slices.byIndex(BY_ADDRESS, address)) {
      String service = object.labels().get("kubernetes.io/service-name");
      for (Endpoint endpoint : EndpointSlice.of(object).endpoints()) {
        if (service != null && endpoint.addresses().contains(address)) {
          return hostname(endpoint)
              + "."
              + service
              + "."
              + object.namespace()
              + ".svc."
              + domain
              + ".";
        }
      }
    }
    return null;
  }

  private List<String> labels(String name) {
    if (name.length() <= domain.length()) {
      return List.of();
    }
    return List.of(name.substring(0, name.length() - domain.length() - 1).split("\\.", -1));
  }

  private @Nullable Service service(String namespace, String name) {
    KubeObject object = services.get(namespace, name);
    return object == null ? null : Service.of(object);
  }

  private static boolean isHeadless(Service service) {
    return "None".equals(service.spec().clusterIP());
  }

  private static List<String> ipv4(List<String> addresses) {
    return addresses.stream().filter(address -> address.contains(".")).toList();
  }

  private List<EndpointSlice> slicesOf(Service service) {
    String key = service.metadata().namespace() + "/" + service.metadata().name();
    return slices.byIndex(BY_SERVICE, key).stream().map(EndpointSlice::of).toList();
  }

  private static boolean isPublished(Endpoint endpoint) {
    return !Boolean.FALSE.equals(endpoint.conditions().ready());
  }

  private static String hostname(Endpoint endpoint) {
    String hostname = endpoint.hostname();
    if (hostname != null && !hostname.isEmpty()) {
      return hostname;
    }
    return endpoint.addresses().isEmpty()
        ? "unknown"
        : endpoint.addresses().getFirst().replace('.', '-');
  }

  /** Addresses of the ready endpoints, or only of the one with a hostname. */
  private List<String> addresses(Service service, @Nullable String hostname) {
    Set<String> addresses = new LinkedHashSet<>();
    for (EndpointSlice slice : slicesOf(service)) {
      for (Endpoint endpoint : slice.endpoints()) {
        if (isPublished(endpoint) && (hostname == null || hostname.equals(hostname(endpoint)))) {
          addresses.addAll(ipv4(endpoint.addresses()));
        }
      }
    }
    return List.copyOf(addresses);
  }
}
