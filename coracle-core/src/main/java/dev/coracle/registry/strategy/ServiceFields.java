package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.registry.Meta;
import java.util.ArrayList;
import java.util.List;

/**
 * The fields of a Service that depend on each other, its type and what was there before: what an
 * update keeps, what a change of type takes away, what families of addresses mean.
 */
final class ServiceFields {

  /** The cluster IP of a Service without one. */
  static final String NONE = "None";

  private ServiceFields() {}

  static boolean hasAddress(JsonNode spec) {
    return !type(spec).equals("ExternalName");
  }

  static boolean hasNodePorts(JsonNode spec) {
    return switch (type(spec)) {
      case "NodePort" -> true;
      case "LoadBalancer" -> spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
      default -> false;
    };
  }

  static String type(JsonNode spec) {
    String type = Meta.text(spec, "type");
    return type.isEmpty() ? "ClusterIP" : type;
  }

  /** An update that does not say keeps what was allocated. */
  static void keepAddresses(ObjectNode spec, JsonNode was) {
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

  static void keepPorts(ObjectNode spec, JsonNode was) {
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
  static void dropForType(ObjectNode spec, JsonNode was) {
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
  static void completeFamilies(ObjectNode spec, boolean usuallyIpv6) {
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
      boolean ipv6 = usuallyIpv6 || ip.indexOf(':') >= 0;
      var families = spec.putArray("ipFamilies").add(ipv6 ? "IPv6" : "IPv4");
      if (free && !Meta.text(spec, "ipFamilyPolicy").equals("SingleStack")) {
        families.add(ipv6 ? "IPv4" : "IPv6");
      }
    }
  }

  static List<String> clusterIps(JsonNode spec) {
    List<String> ips = Meta.strings(spec.path("clusterIPs"));
    ips.removeIf(ip -> ip.isEmpty() || ip.equals(NONE));
    return ips;
  }

  static List<Integer> nodePorts(JsonNode spec) {
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
