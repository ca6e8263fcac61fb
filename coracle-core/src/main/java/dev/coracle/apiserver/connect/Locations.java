package dev.coracle.apiserver.connect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.request.Text;
import dev.coracle.client.ServiceEndpoints;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where Services, Pods and nodes are reached. */
public final class Locations {

  private static final int KUBELET_PORT = 10250;

  private final Registry registry;
  private final @Nullable Supplier<ClientTls> kubelet;
  private final ProxyTargets targets;
  private final ClientTls anyServer = ClientTls.trustingAnyone();

  /**
   * @param kubelet how to speak to kubelets, asked for when one is to be reached; null when this
   *     server cannot
   * @param targets which addresses the proxy verbs may reach
   */
  public Locations(Registry registry, @Nullable Supplier<ClientTls> kubelet, ProxyTargets targets) {
    this.registry = registry;
    this.kubelet = kubelet;
    this.targets = targets;
  }

  KubeObject pod(String namespace, String name) {
    return registry.get(type("", "v1", "pods"), namespace, name, "");
  }

  private ResourceType type(String group, String version, String plural) {
    ResourceType type = registry.find(group, version, plural);
    if (type == null) {
      throw StatusException.noSuchPath();
    }
    return type;
  }

  /** The kubelet of a node. */
  Target kubelet(String nodeName) {
    if (kubelet == null) {
      throw StatusException.serviceUnavailable("this server has no credentials for kubelets");
    }
    KubeObject node = registry.get(type("", "v1", "nodes"), "", nodeName, "");
    int port = node.at("status", "daemonEndpoints", "kubeletEndpoint", "Port").asInt(KUBELET_PORT);
    return new Target(address(node), port, kubelet.get());
  }

  private static String address(KubeObject node) {
    for (String kind : List.of("InternalIP", "ExternalIP", "Hostname")) {
      for (JsonNode address : node.at("status", "addresses")) {
        if (address.path("type").asText().equals(kind)) {
          return address.path("address").asText();
        }
      }
    }
    throw StatusException.badRequest("no preferred addresses found; known addresses: []");
  }

  /** What {@code nodes/NAME/proxy} names: the kubelet, or another port of the node. */
  Target node(String text) {
    ProxyName name = ProxyName.parse(text);
    if (name == null) {
      throw StatusException.badRequest("invalid node request " + Text.quote(text));
    }
    Target own = kubelet(name.name());
    // A kubelet that listens elsewhere is found at the usual port as well, as clients expect it.
    if (name.port().isEmpty() || name.number() == own.port() || name.number() == KUBELET_PORT) {
      return own;
    }
    int port = requirePort(name);
    targets.require(own.host(), port);
    return new Target(own.host(), port, name.https() ? anyServer : null);
  }

  Target pod(String namespace, ProxyName name) {
    KubeObject pod = pod(namespace, name.name());
    String address = pod.text("status", "podIP");
    if (address.isEmpty()) {
      throw StatusException.badRequest("address not allowed");
    }
    int port = name.port().isEmpty() ? firstPort(pod, name) : requirePort(name);
    targets.require(address, port);
    return new Target(address, port, name.https() ? anyServer : null);
  }

  private static int firstPort(KubeObject pod, ProxyName name) {
    for (JsonNode container : pod.at("spec", "containers")) {
      JsonNode port = container.path("ports").path(0).path("containerPort");
      if (port.isInt()) {
        return port.intValue();
      }
    }
    return name.https() ? 443 : 80;
  }

  private static int requirePort(ProxyName name) {
    int port = name.number();
    if (port < 1 || port > 65535) {
      throw StatusException.badRequest("invalid port " + Text.quote(name.port()));
    }
    return port;
  }

  /** One of the ready endpoints of a Service, by chance. */
  Target service(String namespace, ProxyName name) {
    KubeObject service = registry.get(type("", "v1", "services"), namespace, name.name(), "");
    String portName = portName(service, name);
    List<ServiceEndpoints.Endpoint> ready =
        new ArrayList<>(ready(namespace, name.name(), portName));
    Collections.shuffle(ready, ThreadLocalRandom.current());
    for (ServiceEndpoints.Endpoint endpoint : ready) {
      if (targets.allows(endpoint.host(), endpoint.port()) && isPods(namespace, endpoint)) {
        return new Target(endpoint.host(), endpoint.port(), name.https() ? anyServer : null);
      }
    }
    throw StatusException.serviceUnavailable(
        "no endpoints available for service " + Text.quote(name.name()));
  }

  /**
   * Whether an endpoint is what its Pod says: whoever writes EndpointSlices could name any address.
   */
  private boolean isPods(String namespace, ServiceEndpoints.Endpoint endpoint) {
    if (endpoint.pod().isEmpty() || !endpoint.podNamespace().equals(namespace)) {
      return false;
    }
    KubeObject pod;
    try {
      pod = pod(namespace, endpoint.pod());
    } catch (StatusException gone) {
      return false;
    }
    for (JsonNode address : pod.at("status", "podIPs")) {
      if (address.path("ip").asText().equals(endpoint.host())) {
        return true;
      }
    }
    return pod.text("status", "podIP").equals(endpoint.host());
  }

  /** One of the ready endpoints of a Service's port, to be reached with TLS. */
  public Target service(String namespace, String name, int number, ClientTls tls) {
    KubeObject service = registry.get(type("", "v1", "services"), namespace, name, "");
    for (JsonNode port : service.at("spec", "ports")) {
      if (port.path("port").asInt() == number) {
        List<Target> targets = endpoints(namespace, name, port.path("name").asText(""), tls);
        if (!targets.isEmpty()) {
          return targets.get(ThreadLocalRandom.current().nextInt(targets.size()));
        }
      }
    }
    throw StatusException.serviceUnavailable(
        "no endpoints available for service " + Text.quote(name));
  }

  /** The name under which endpoints list the port that is asked for. */
  private static String portName(KubeObject service, ProxyName name) {
    JsonNode ports = service.at("spec", "ports");
    if (name.port().isEmpty()) {
      return ports.size() == 1 ? ports.get(0).path("name").asText("") : "";
    }
    int number = name.number();
    for (JsonNode port : ports) {
      String each = port.path("name").asText("");
      if (number < 0 ? each.equals(name.port()) : port.path("port").asInt() == number) {
        return each;
      }
    }
    throw StatusException.serviceUnavailable(
        "no service port "
            + (number < 0 ? Text.quote(name.port()) : name.port())
            + " found for service "
            + Text.quote(name.name()));
  }

  private List<Target> endpoints(
      String namespace, String name, String portName, @Nullable ClientTls tls) {
    return ready(namespace, name, portName).stream()
        .map(endpoint -> new Target(endpoint.host(), endpoint.port(), tls))
        .toList();
  }

  private List<ServiceEndpoints.Endpoint> ready(String namespace, String name, String portName) {
    ListOptions slicesOf =
        ListOptions.ALL.withLabelSelector(ServiceEndpoints.SERVICE_LABEL + "=" + name);
    List<KubeObject> slices =
        registry
            .list(type("discovery.k8s.io", "v1", "endpointslices"), namespace, slicesOf)
            .items();
    return ServiceEndpoints.ready(slices, portName);
  }
}
