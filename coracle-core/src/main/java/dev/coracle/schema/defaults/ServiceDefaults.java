package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Services: all but what an allocator decides (addresses, node ports, IP families). */
final class ServiceDefaults {

  private ServiceDefaults() {}

  static void service(ObjectNode service) {
    ObjectNode spec = Fill.child(service, "spec");
    Fill.text(spec, "sessionAffinity", "None");
    switch (Fill.string(spec, "sessionAffinity")) {
      case "None" -> spec.remove("sessionAffinityConfig");
      case "ClientIP" -> {
        ObjectNode client = Fill.child(Fill.child(spec, "sessionAffinityConfig"), "clientIP");
        Fill.number(client, "timeoutSeconds", 10800);
      }
      default -> {}
    }
    Fill.text(spec, "type", "ClusterIP");
    for (ObjectNode port : Fill.objects(spec, "ports")) {
      Fill.text(port, "protocol", "TCP");
      JsonNode target = port.path("targetPort");
      boolean none = target.isNumber() ? target.longValue() == 0 : target.asText("").isEmpty();
      if (none && port.has("port")) {
        port.set("targetPort", port.get("port"));
      }
      if (port.path("nodePort").isNumber() && port.path("nodePort").longValue() == 0) {
        port.remove("nodePort");
      }
    }
    String type = Fill.string(spec, "type");
    boolean external = type.equals("NodePort") || type.equals("LoadBalancer");
    if (external || (type.equals("ClusterIP") && !spec.path("externalIPs").isEmpty())) {
      Fill.text(spec, "externalTrafficPolicy", "Cluster");
    }
    if (external || type.equals("ClusterIP")) {
      Fill.text(spec, "internalTrafficPolicy", "Cluster");
    }
    if (type.equals("LoadBalancer")) {
      Fill.flag(spec, "allocateLoadBalancerNodePorts", true);
    }
    ObjectNode balancer = Fill.child(Fill.child(service, "status"), "loadBalancer");
    if (type.equals("LoadBalancer")) {
      for (ObjectNode ingress : Fill.objects(balancer, "ingress")) {
        if (!Fill.blank(ingress, "ip")) {
          Fill.text(ingress, "ipMode", "VIP");
        }
      }
    }
  }
}
