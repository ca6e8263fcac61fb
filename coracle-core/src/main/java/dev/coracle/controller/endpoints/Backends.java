package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Pods;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The Pods behind a Service: which of them, at which addresses and ports, and how they are. Pure;
 * both forms of endpoints are written from it.
 */
final class Backends {

  /**
   * A port as endpoints name it.
   *
   * @param number null when a Pod has no port of the name
   */
  record Port(String name, String protocol, int number, String appProtocol) {}

  /**
   * A Pod behind a Service.
   *
   * @param hostname empty unless the Pod gets a DNS name of its own
   */
  record Backend(
      KubeObject pod,
      String address,
      String nodeName,
      String hostname,
      boolean ready,
      boolean serving,
      boolean terminating,
      List<Port> ports) {}

  private Backends() {}

  static boolean isHeadless(KubeObject service) {
    return service.text("spec", "clusterIP").equals("None");
  }

  /** Whether a controller is to keep the Service's endpoints: it has a selector. */
  static boolean isSelecting(KubeObject service) {
    return service.at("spec", "selector").size() > 0
        && !service.text("spec", "type").equals("ExternalName");
  }

  /** A Service's IP families; IPv4 when it does not say. */
  static List<String> families(KubeObject service) {
    List<String> families = new ArrayList<>();
    service.at("spec", "ipFamilies").forEach(family -> families.add(family.asText()));
    return families.isEmpty() ? List.of("IPv4") : families;
  }

  /**
   * @param pods that the selector matches
   * @param family {@code IPv4} or {@code IPv6}
   * @return sorted by address
   */
  static List<Backend> of(KubeObject service, List<KubeObject> pods, String family) {
    boolean unready = service.at("spec", "publishNotReadyAddresses").asBoolean();
    List<Backend> backends = new ArrayList<>();
    for (KubeObject pod : pods) {
      String address = address(pod, family);
      if (address == null || Pods.isFinished(pod)) {
        continue;
      }
      boolean serving = Pods.isReady(pod);
      boolean terminating = pod.isDeleting();
      backends.add(
          new Backend(
              pod,
              address,
              Pods.nodeName(pod),
              hostname(service, pod),
              unready || (serving && !terminating),
              serving,
              terminating,
              ports(service, pod)));
    }
    backends.sort(Comparator.comparing(Backend::address).thenComparing(b -> b.pod().uid()));
    return backends;
  }

  private static @Nullable String address(KubeObject pod, String family) {
    boolean six = family.equals("IPv6");
    for (JsonNode entry : pod.at("status", "podIPs")) {
      String ip = entry.path("ip").asText("");
      if (!ip.isEmpty() && (ip.indexOf(':') >= 0) == six) {
        return ip;
      }
    }
    String ip = pod.text("status", "podIP");
    return !ip.isEmpty() && (ip.indexOf(':') >= 0) == six ? ip : null;
  }

  private static String hostname(KubeObject service, KubeObject pod) {
    return pod.text("spec", "subdomain").equals(service.name()) ? pod.text("spec", "hostname") : "";
  }

  private static List<Port> ports(KubeObject service, KubeObject pod) {
    List<Port> ports = new ArrayList<>();
    for (JsonNode entry : service.at("spec", "ports")) {
      int number = targetPort(entry, pod);
      if (number > 0) {
        ports.add(
            new Port(
                entry.path("name").asText(""),
                entry.path("protocol").asText("TCP"),
                number,
                entry.path("appProtocol").asText("")));
      }
    }
    return ports;
  }

  /** 0 when the Pod has no port of that name. */
  private static int targetPort(JsonNode servicePort, KubeObject pod) {
    JsonNode target = servicePort.path("targetPort");
    if (target.isMissingNode() || target.isNull()) {
      return servicePort.path("port").asInt();
    }
    if (target.isNumber()) {
      return target.asInt() == 0 ? servicePort.path("port").asInt() : target.asInt();
    }
    String protocol = servicePort.path("protocol").asText("TCP");
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : pod.at("spec", list)) {
        if (list.equals("initContainers")
            && !container.path("restartPolicy").asText().equals("Always")) {
          continue;
        }
        for (JsonNode port : container.path("ports")) {
          if (port.path("name").asText().equals(target.asText())
              && port.path("protocol").asText("TCP").equals(protocol)) {
            return port.path("containerPort").asInt();
          }
        }
      }
    }
    return 0;
  }

  /** Backends that have the same ports, together; keys in a stable order. */
  static Map<String, List<Backend>> byPorts(List<Backend> backends) {
    Map<String, List<Backend>> groups = new TreeMap<>();
    for (Backend backend : backends) {
      groups.computeIfAbsent(backend.ports().toString(), key -> new ArrayList<>()).add(backend);
    }
    return groups;
  }
}
