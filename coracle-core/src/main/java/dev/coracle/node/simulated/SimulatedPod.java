package dev.coracle.node.simulated;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.node.pod.NodeAllocations;

/**
 * What comes next for a Pod on a simulated node. A Pod runs until it is deleted, unless it is made
 * to end: Pods of Jobs end at once with code 0, and so do others with a restartPolicy other than
 * Always whose command is {@code true}; {@code false} ends with 1. Annotations of the Pod say
 * otherwise: {@link #EXIT_CODE} and {@link #READY}.
 */
final class SimulatedPod {

  /** The code with which the containers end at once; {@code none} for containers that run on. */
  static final String EXIT_CODE = "simulated.coracle.dev/exit-code";

  /** {@code false} for a Pod that runs but is not ready. */
  static final String READY = "simulated.coracle.dev/ready";

  private static final int RUNS_ON = -1;
  private static final int TERMINATED = 143;

  /** What the node does. */
  enum Step {
    NOTHING,
    RUN,
    SET_READINESS,
    END,
    /** Its containers are stopped; its finalizers keep it. */
    STOP,
    REMOVE
  }

  private SimulatedPod() {}

  static Step next(KubeObject pod) {
    String phase = pod.text("status", "phase");
    boolean finished = isFinished(pod);
    if (pod.isDeleting()) {
      if (!finished && pod.at("metadata", "finalizers").size() > 0) {
        return Step.STOP;
      }
      return pod.at("metadata", "deletionGracePeriodSeconds").asLong() == 0
              && pod.at("metadata", "finalizers").size() > 0
          ? Step.NOTHING
          : Step.REMOVE;
    }
    if (finished) {
      return Step.NOTHING;
    }
    if (!phase.equals("Running")) {
      return Step.RUN;
    }
    if (exitCode(pod) != RUNS_ON) {
      return Step.END;
    }
    return isReady(pod) == wantsReady(pod) ? Step.NOTHING : Step.SET_READINESS;
  }

  static boolean isFinished(KubeObject pod) {
    String phase = pod.text("status", "phase");
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  /** The status of a Pod that its node does not take, as {@link #status}. */
  static ObjectNode refused(KubeObject pod, NodeAllocations.Refusal refusal, String now) {
    ObjectNode patch = Json.object();
    ObjectNode status = patch.putObject("status").put("phase", "Failed");
    if (pod.generation() > 0) {
      status.put("observedGeneration", pod.generation());
    }
    status
        .put("reason", refusal.reason())
        .put("message", "Pod was rejected: " + refusal.message())
        .put("startTime", now);
    return patch;
  }

  private static int exitCode(KubeObject pod) {
    String said = pod.at("metadata", "annotations").path(EXIT_CODE).asText("");
    if (said.matches("[0-9]{1,3}")) {
      return Integer.parseInt(said);
    }
    String policy = pod.text("spec", "restartPolicy");
    if (!said.isEmpty() || policy.isEmpty() || policy.equals("Always")) {
      return RUNS_ON;
    }
    JsonNode command = pod.at("spec", "containers").path(0).path("command");
    String program = command.path(command.size() - 1).asText("");
    if (program.equals("false") || program.endsWith("/false")) {
      return 1;
    }
    if (program.equals("true") || program.endsWith("/true")) {
      return 0;
    }
    OwnerReference owner = pod.controllerRef();
    return owner != null && owner.kind().equals("Job") ? 0 : RUNS_ON;
  }

  private static boolean isReady(KubeObject pod) {
    return condition(pod, "Ready");
  }

  private static boolean condition(KubeObject pod, String type) {
    for (JsonNode condition : pod.at("status", "conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private static boolean containersReady(KubeObject pod) {
    return !pod.at("metadata", "annotations").path(READY).asText("").equals("false");
  }

  private static boolean wantsReady(KubeObject pod) {
    if (!containersReady(pod)) {
      return false;
    }
    for (JsonNode gate : pod.at("spec", "readinessGates")) {
      if (!condition(pod, gate.path("conditionType").asText())) {
        return false;
      }
    }
    return true;
  }

  /**
   * The status that a step writes, as a strategic merge patch of the Pod.
   *
   * @param now RFC 3339
   */
  static ObjectNode status(
      KubeObject pod, Step step, String now, String hostAddress, String podAddress) {
    ObjectNode patch = Json.object();
    ObjectNode status = patch.putObject("status");
    if (pod.generation() > 0) {
      status.put("observedGeneration", pod.generation());
    }
    int code = step == Step.STOP ? TERMINATED : exitCode(pod);
    boolean ended = step == Step.END || step == Step.STOP;
    String reason = !ended ? "" : code == 0 ? "PodCompleted" : "PodFailed";
    status.put("phase", !ended ? "Running" : code == 0 ? "Succeeded" : "Failed");
    boolean ready = !ended && wantsReady(pod);
    boolean containersReady = !ended && containersReady(pod);
    ArrayNode conditions = status.putArray("conditions");
    if (step == Step.RUN) {
      condition(pod, conditions, "PodReadyToStartContainers", true, now, "");
      condition(pod, conditions, "Initialized", true, now, "");
    }
    condition(
        pod,
        conditions,
        "Ready",
        ready,
        now,
        ready || ended
            ? reason
            : containersReady ? "ReadinessGatesNotReady" : "ContainersNotReady");
    condition(
        pod,
        conditions,
        "ContainersReady",
        containersReady,
        now,
        containersReady || ended ? reason : "ContainersNotReady");
    if (step == Step.RUN) {
      status.put("hostIP", hostAddress).putArray("hostIPs").addObject().put("ip", hostAddress);
      status.put("podIP", podAddress).putArray("podIPs").addObject().put("ip", podAddress);
      status.put("startTime", now);
      ArrayNode initial = status.putArray("initContainerStatuses");
      for (JsonNode container : pod.at("spec", "initContainers")) {
        boolean sidecar = container.path("restartPolicy").asText().equals("Always");
        container(initial, pod, container, sidecar, sidecar ? RUNS_ON : 0, now);
      }
      if (initial.isEmpty()) {
        status.remove("initContainerStatuses");
      }
    }
    ArrayNode containers = status.putArray("containerStatuses");
    for (JsonNode container : pod.at("spec", "containers")) {
      container(containers, pod, container, containersReady, ended ? code : RUNS_ON, now);
    }
    return patch;
  }

  private static void condition(
      KubeObject pod, ArrayNode into, String type, boolean value, String now, String reason) {
    ObjectNode condition = into.addObject().put("type", type);
    condition.put("status", value ? "True" : "False");
    if (pod.generation() > 0) {
      condition.put("observedGeneration", pod.generation());
    }
    if (reason.isEmpty()) {
      condition.putNull("reason");
    } else {
      condition.put("reason", reason);
    }
    condition.putNull("lastProbeTime").put("lastTransitionTime", now);
  }

  private static void container(
      ArrayNode into, KubeObject pod, JsonNode container, boolean ready, int code, String now) {
    String name = container.path("name").asText();
    String image = container.path("image").asText();
    String id = "simulated://" + pod.uid() + "/" + name;
    ObjectNode status = into.addObject().put("name", name).put("image", image);
    status.put("imageID", image).put("containerID", id);
    status.put("ready", ready);
    status.put("started", code == RUNS_ON).put("restartCount", 0);
    ObjectNode state = status.putObject("state");
    if (code == RUNS_ON) {
      state.putObject("running").put("startedAt", now);
      return;
    }
    String started = pod.text("status", "startTime");
    state.putNull("running");
    state
        .putObject("terminated")
        .put("exitCode", code)
        .put("reason", code == 0 ? "Completed" : "Error")
        .put("startedAt", started.isEmpty() ? now : started)
        .put("finishedAt", now)
        .put("containerID", id);
  }
}
