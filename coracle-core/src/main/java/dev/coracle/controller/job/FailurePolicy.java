package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import org.jspecify.annotations.Nullable;

/**
 * What {@code spec.podFailurePolicy} makes of a failed Pod: the first rule that matches decides.
 */
final class FailurePolicy {

  /** A rule's action. */
  enum Action {
    FAIL_JOB,
    FAIL_INDEX,
    IGNORE,
    COUNT
  }

  /**
   * A rule that matched.
   *
   * @param message why the Job fails; empty unless it does
   */
  record Match(Action action, String message) {}

  private FailurePolicy() {}

  /** Null when there is no policy, or none of its rules matches. */
  static @Nullable Match match(KubeObject job, KubeObject pod) {
    int index = 0;
    for (JsonNode rule : job.at("spec", "podFailurePolicy", "rules")) {
      String action = rule.path("action").asText();
      String why = why(rule, pod);
      if (why != null) {
        return switch (action) {
          case "FailJob" ->
              new Match(Action.FAIL_JOB, why + " matching FailJob rule at index " + index);
          case "FailIndex" -> new Match(Action.FAIL_INDEX, "");
          case "Ignore" -> new Match(Action.IGNORE, "");
          default -> new Match(Action.COUNT, "");
        };
      }
      index++;
    }
    return null;
  }

  /** Whether a failed Pod counts towards the back-off limits. */
  static boolean counts(KubeObject job, KubeObject pod) {
    Match match = match(job, pod);
    return match == null || match.action() != Action.IGNORE;
  }

  private static @Nullable String why(JsonNode rule, KubeObject pod) {
    String name = pod.namespace() + "/" + pod.name();
    JsonNode onExitCodes = rule.path("onExitCodes");
    if (onExitCodes.isObject()) {
      JsonNode container = matching(pod.at("status", "containerStatuses"), onExitCodes);
      if (container == null) {
        container = matching(pod.at("status", "initContainerStatuses"), onExitCodes);
      }
      return container == null
          ? null
          : "Container "
              + container.path("name").asText()
              + " for pod "
              + name
              + " failed with exit code "
              + container.at("/state/terminated/exitCode").asInt();
    }
    for (JsonNode condition : pod.at("status", "conditions")) {
      for (JsonNode pattern : rule.path("onPodConditions")) {
        if (condition.path("type").equals(pattern.path("type"))
            && condition.path("status").asText().equals(pattern.path("status").asText("True"))) {
          return "Pod " + name + " has condition " + condition.path("type").asText();
        }
      }
    }
    return null;
  }

  private static @Nullable JsonNode matching(JsonNode containers, JsonNode requirement) {
    for (JsonNode container : containers) {
      JsonNode terminated = container.path("state").path("terminated");
      String wanted = requirement.path("containerName").asText("");
      if (terminated.isObject()
          && (wanted.isEmpty() || wanted.equals(container.path("name").asText()))
          && terminated.path("exitCode").asInt() != 0
          && matches(requirement, terminated.path("exitCode").asInt())) {
        return container;
      }
    }
    return null;
  }

  private static boolean matches(JsonNode requirement, int exitCode) {
    boolean listed = false;
    for (JsonNode value : requirement.path("values")) {
      listed |= value.asInt() == exitCode;
    }
    return switch (requirement.path("operator").asText()) {
      case "In" -> listed;
      case "NotIn" -> !listed;
      default -> false;
    };
  }
}
