package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** EndpointSlices. */
final class DiscoveryDefaults {

  private DiscoveryDefaults() {}

  static void apply(String kind, ObjectNode object) {
    if (!kind.equals("EndpointSlice")) {
      return;
    }
    Fill.nothing(object, "endpoints");
    Fill.nothing(object, "ports");
    for (ObjectNode endpoint : Fill.objects(object, "endpoints")) {
      Fill.child(endpoint, "conditions");
    }
    for (ObjectNode port : Fill.objects(object, "ports")) {
      Fill.empty(port, "name");
      Fill.text(port, "protocol", "TCP");
    }
  }
}
