package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The group {@code networking.k8s.io}. */
final class NetworkingDefaults {

  private NetworkingDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "Ingress" -> {
        Fill.child(object, "spec");
        Fill.child(Fill.child(object, "status"), "loadBalancer");
      }
      case "IngressClass" -> {
        if (Fill.existing(Fill.child(object, "spec"), "parameters") instanceof ObjectNode given) {
          Fill.text(given, "scope", "Cluster");
        }
      }
      case "NetworkPolicy" -> networkPolicy(Fill.child(object, "spec"));
      case "ServiceCIDR" -> Fill.child(object, "status");
      default -> {}
    }
  }

  private static void networkPolicy(ObjectNode spec) {
    Fill.child(spec, "podSelector");
    for (String direction : new String[] {"ingress", "egress"}) {
      for (ObjectNode rule : Fill.objects(spec, direction)) {
        for (ObjectNode port : Fill.objects(rule, "ports")) {
          Fill.text(port, "protocol", "TCP");
        }
      }
    }
    if (spec.path("policyTypes").isEmpty()) {
      ArrayNode types = spec.putArray("policyTypes").add("Ingress");
      if (!spec.path("egress").isEmpty()) {
        types.add("Egress");
      }
    }
  }
}
