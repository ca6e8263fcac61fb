package dev.coracle.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/** The condition Dangling of a FlowSchema: whether there is no level of the name that it gives. */
record Dangling(String status, String reason, String message) {

  static Dangling of(String level, boolean dangling) {
    return new Dangling(
        dangling ? "True" : "False",
        dangling ? "NotFound" : "Found",
        "This FlowSchema references the PriorityLevelConfiguration object named \""
            + level
            + (dangling ? "\" but there is no such object" : "\" and it exists"));
  }

  boolean isSaid(JsonNode condition) {
    return condition.path("status").asText().equals(status)
        && condition.path("reason").asText().equals(reason)
        && condition.path("message").asText().equals(message);
  }

  /** What is applied to a schema. */
  ObjectNode of(String name, String time) {
    ObjectNode patch =
        Json.object()
            .put("apiVersion", BootstrapFlows.API_VERSION)
            .put("kind", BootstrapFlows.SCHEMA);
    patch.putObject("metadata").put("name", name);
    patch
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Dangling")
        .put("status", status)
        .put("lastTransitionTime", time)
        .put("reason", reason)
        .put("message", message);
    return patch;
  }
}
