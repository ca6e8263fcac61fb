package dev.coracle.node.downward;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The variables by which containers find Services, in both of their forms. */
public final class ServiceVariables {

  private ServiceVariables() {}

  /** Adds the variables of Services that have a cluster IP. */
  public static void add(Map<String, String> variables, List<KubeObject> services) {
    for (KubeObject service : services) {
      String ip = service.text("spec", "clusterIP");
      JsonNode ports = service.at("spec", "ports");
      if (ip.isEmpty() || ip.equals("None") || ports.isEmpty()) {
        continue;
      }
      String prefix = name(service.name());
      String host = ip.contains(":") ? "[" + ip + "]" : ip;
      variables.put(prefix + "_SERVICE_HOST", ip);
      variables.put(prefix + "_SERVICE_PORT", ports.path(0).path("port").asText());
      boolean first = true;
      for (JsonNode port : ports) {
        String number = port.path("port").asText();
        String portName = port.path("name").asText("");
        if (!portName.isEmpty()) {
          variables.put(prefix + "_SERVICE_PORT_" + name(portName), number);
        }
        String protocol = port.path("protocol").asText("TCP");
        String lower = protocol.toLowerCase(Locale.ROOT);
        String url = lower + "://" + host + ":" + number;
        if (first) {
          variables.put(prefix + "_PORT", url);
          first = false;
        }
        String link = prefix + "_PORT_" + number + "_" + protocol;
        variables.put(link, url);
        variables.put(link + "_PROTO", lower);
        variables.put(link + "_PORT", number);
        variables.put(link + "_ADDR", ip);
      }
    }
  }

  /** Leads the variables of the {@code kubernetes} Service to a server's own address. */
  public static void reachKubernetesAt(Map<String, String> variables, String host, int port) {
    if (!variables.containsKey("KUBERNETES_SERVICE_HOST")) {
      return;
    }
    variables.keySet().removeIf(key -> key.startsWith("KUBERNETES_PORT"));
    String number = Integer.toString(port);
    String url = "tcp://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + number;
    String link = "KUBERNETES_PORT_" + number + "_TCP";
    variables.put("KUBERNETES_SERVICE_HOST", host);
    variables.put("KUBERNETES_SERVICE_PORT", number);
    variables.put("KUBERNETES_SERVICE_PORT_HTTPS", number);
    variables.put("KUBERNETES_PORT", url);
    variables.put(link, url);
    variables.put(link + "_PROTO", "tcp");
    variables.put(link + "_PORT", number);
    variables.put(link + "_ADDR", host);
  }

  private static String name(String name) {
    return name.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
