package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Where endpoints are, and whose traffic they should get first.
 *
 * @param zones by node name, empty when unknown
 * @param distribution the Service's {@code spec.trafficDistribution}; empty for none
 * @param assigned by address, the zones whose traffic endpoints get instead
 */
record Topology(UnaryOperator<String> zones, String distribution, Map<String, String> assigned) {

  static Topology of(KubeObject service, UnaryOperator<String> zones) {
    return new Topology(zones, service.text("spec", "trafficDistribution"), Map.of());
  }

  String zone(String node) {
    return zones.apply(node);
  }

  /** The hints of a ready endpoint; empty for none. */
  ObjectNode hints(ObjectNode endpoint) {
    boolean sameNode = distribution.equals("PreferSameNode");
    boolean sameZone =
        sameNode || distribution.equals("PreferSameZone") || distribution.equals("PreferClose");
    String zone =
        assigned.getOrDefault(
            endpoint.path("addresses").path(0).asText(),
            sameZone ? endpoint.path("zone").asText("") : "");
    ObjectNode hints = Json.object();
    if (!zone.isEmpty()) {
      hints.putArray("forZones").addObject().put("name", zone);
    }
    if (sameNode && endpoint.has("nodeName")) {
      hints.putArray("forNodes").addObject().set("name", endpoint.get("nodeName"));
    }
    return hints;
  }
}
