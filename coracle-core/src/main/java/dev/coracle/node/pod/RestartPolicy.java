package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

/** {@code spec.restartPolicy} and what containers say of their own. */
record RestartPolicy(String name) {

  static RestartPolicy of(JsonNode pod) {
    return new RestartPolicy(pod.path("spec").path("restartPolicy").asText("Always"));
  }

  boolean isNever() {
    return name.equals("Never");
  }

  /** Whether a container starts again after the end that it has seen or after one with code 0. */
  boolean restarts(ContainerRecord container) {
    if (container.changed || container.sidecar) {
      return true;
    }
    if (container.kind == ContainerRecord.Kind.EPHEMERAL) {
      return false;
    }
    String own = container.spec.path("restartPolicy").asText("");
    if (container.isTerminated()) {
      for (JsonNode rule : container.spec.path("restartPolicyRules")) {
        if (matches(rule.path("exitCodes"), container.exitCode())) {
          return true;
        }
      }
    }
    return switch (own.isEmpty() ? name : own) {
      case "Never" -> false;
      case "OnFailure" -> container.exitCode() != 0;
      default -> container.kind == ContainerRecord.Kind.MAIN || container.exitCode() != 0;
    };
  }

  private static boolean matches(JsonNode exitCodes, int code) {
    boolean listed = false;
    for (JsonNode value : exitCodes.path("values")) {
      listed |= value.asInt() == code;
    }
    return switch (exitCodes.path("operator").asText("")) {
      case "In" -> listed;
      case "NotIn" -> !listed;
      default -> false;
    };
  }
}
