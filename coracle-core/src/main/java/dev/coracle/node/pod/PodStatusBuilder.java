package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.node.runtime.SecurityOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes {@code Pod.status} of what a worker knows; values in, a tree out. */
final class PodStatusBuilder {

  private static final Set<String> OWN =
      Set.of(
          PodResize.PENDING,
          PodResize.IN_PROGRESS,
          "PodReadyToStartContainers",
          "Initialized",
          "Ready",
          "ContainersReady",
          "PodScheduled");

  private final JsonNode pod;
  private final String now;
  private final List<ObjectNode> resizes;
  private final ObjectNode status = Json.object();

  /**
   * @param resizes conditions of a resize
   */
  PodStatusBuilder(JsonNode pod, String now, List<ObjectNode> resizes) {
    this.resizes = resizes;
    this.pod = pod;
    this.now = now;
  }

  ObjectNode build(
      String phase,
      String reason,
      String message,
      String startTime,
      String hostIp,
      List<String> podIps,
      boolean hasSandbox,
      boolean stopping,
      PodContainers containers,
      String runtimeName) {
    List<ContainerRecord> init = containers.init;
    List<ContainerRecord> main = containers.main;
    long generation = pod.path("metadata").path("generation").asLong();
    if (generation > 0) {
      status.put("observedGeneration", generation);
    }
    status.put("phase", phase);
    putUnlessEmpty("reason", reason);
    putUnlessEmpty("message", message);
    String evicted = reason.equals("Evicted") ? message : "";
    conditions(phase, hasSandbox, stopping, init, main, generation, evicted);
    status.put("hostIP", hostIp);
    status.putArray("hostIPs").addObject().put("ip", hostIp);
    if (!podIps.isEmpty()) {
      status.put("podIP", podIps.getFirst());
      ArrayNode ips = status.putArray("podIPs");
      podIps.forEach(ip -> ips.addObject().put("ip", ip));
    }
    status.put("startTime", startTime);
    if (!init.isEmpty()) {
      containers("initContainerStatuses", init, runtimeName);
    }
    containers("containerStatuses", main, runtimeName);
    if (!containers.ephemeral.isEmpty()) {
      containers("ephemeralContainerStatuses", containers.ephemeral, runtimeName);
    }
    String known = pod.path("status").path("qosClass").asText("");
    status.put("qosClass", known.isEmpty() ? qosClass(pod) : known);
    return status;
  }

  private void putUnlessEmpty(String field, String value) {
    if (!value.isEmpty()) {
      status.put(field, value);
    }
  }

  private void conditions(
      String phase,
      boolean hasSandbox,
      boolean stopping,
      List<ContainerRecord> init,
      List<ContainerRecord> main,
      long generation,
      String evicted) {
    Map<String, ObjectNode> conditions = new LinkedHashMap<>();
    Map<String, JsonNode> before = new LinkedHashMap<>();
    for (JsonNode condition : pod.path("status").path("conditions")) {
      before.put(condition.path("type").asText(), condition);
    }
    resizes.forEach(resize -> conditions.put(resize.path("type").asText(), resize));
    boolean succeeded = phase.equals("Succeeded");
    boolean failed = phase.equals("Failed");
    put(conditions, "PodReadyToStartContainers", hasSandbox, "", "");
    List<String> incomplete =
        init.stream()
            .filter(c -> c.sidecar ? !c.started && !c.isTerminated() : !c.succeeded())
            .map(c -> c.name)
            .toList();
    if (succeeded) {
      put(conditions, "Initialized", true, "PodCompleted", "");
    } else if (incomplete.isEmpty()) {
      put(conditions, "Initialized", true, "", "");
    } else {
      put(
          conditions,
          "Initialized",
          false,
          "ContainersNotInitialized",
          "containers with incomplete status: " + brackets(incomplete));
    }
    List<String> unready = new ArrayList<>();
    init.stream().filter(c -> c.sidecar && !c.ready).forEach(c -> unready.add(c.name));
    main.stream().filter(c -> !c.ready).forEach(c -> unready.add(c.name));
    String why = "";
    String text = "";
    if (succeeded) {
      why = "PodCompleted";
    } else if (failed) {
      why = "PodFailed";
    } else if (!unready.isEmpty()) {
      why = "ContainersNotReady";
      text = "containers with unready status: " + brackets(unready);
    }
    boolean containersReady = why.isEmpty() && !stopping;
    List<String> gates = new ArrayList<>();
    if (containersReady) {
      for (JsonNode gate : pod.path("spec").path("readinessGates")) {
        String type = gate.path("conditionType").asText();
        JsonNode condition = before.get(type);
        if (condition == null) {
          gates.add(
              "corresponding condition of pod readiness gate \"" + type + "\" does not exist.");
        } else if (!condition.path("status").asText().equals("True")) {
          gates.add(
              "the status of pod readiness gate \""
                  + type
                  + "\" is not \"True\", but "
                  + condition.path("status").asText());
        }
      }
    }
    if (gates.isEmpty()) {
      put(conditions, "Ready", containersReady, why, text);
    } else {
      put(conditions, "Ready", false, "ReadinessGatesNotReady", String.join(", ", gates));
    }
    put(conditions, "ContainersReady", containersReady, why, text);
    put(conditions, "PodScheduled", true, "", "");
    if (!evicted.isEmpty()) {
      put(conditions, "DisruptionTarget", true, "TerminationByKubelet", evicted);
    }
    ArrayNode array = status.putArray("conditions");
    Set<String> seen = new HashSet<>();
    conditions.forEach(
        (type, condition) -> {
          JsonNode old = before.get(type);
          boolean same =
              old != null && old.path("status").asText().equals(condition.path("status").asText());
          condition.putNull("lastProbeTime");
          condition.put(
              "lastTransitionTime",
              same && old != null ? old.path("lastTransitionTime").asText(now) : now);
          if (generation > 0 && !condition.has("observedGeneration")) {
            condition.put("observedGeneration", generation);
          }
          array.add(condition);
          seen.add(type);
        });
    before.forEach(
        (type, condition) -> {
          if (!OWN.contains(type) && !seen.contains(type)) {
            array.add(condition);
          }
        });
  }

  private static String brackets(List<String> names) {
    return "[" + String.join(" ", names) + "]";
  }

  private static void put(
      Map<String, ObjectNode> conditions,
      String type,
      boolean holds,
      String reason,
      String message) {
    ObjectNode condition = Json.object();
    condition.put("type", type).put("status", holds ? "True" : "False");
    if (!reason.isEmpty()) {
      condition.put("reason", reason);
    }
    if (!message.isEmpty()) {
      condition.put("message", message);
    }
    conditions.put(type, condition);
  }

  private void containers(String field, List<ContainerRecord> records, String runtimeName) {
    ArrayNode array = status.putArray(field);
    for (ContainerRecord record : records) {
      ObjectNode container = array.addObject();
      String id = record.id != null ? record.id : record.lastId;
      container.put("name", record.name);
      container.set("state", state(record, runtimeName));
      ObjectNode last = container.putObject("lastState");
      if (record.last != null) {
        last.set("terminated", record.last);
      }
      container.put("ready", isReady(record));
      container.put("restartCount", record.restarts);
      container.put("image", record.spec.path("image").asText());
      container.put("imageID", id == null ? "" : record.spec.path("image").asText());
      if (id != null) {
        container.put("containerID", runtimeName + "://" + id);
      }
      if (record.kind != ContainerRecord.Kind.EPHEMERAL) {
        container.put("started", record.started);
      }
      if (id != null) {
        created(container, record);
      }
    }
  }

  /** An init container that has done its work is ready for good. */
  private static boolean isReady(ContainerRecord record) {
    return switch (record.kind) {
      case INIT -> record.sidecar ? record.ready : record.succeeded();
      case MAIN -> record.ready;
      case EPHEMERAL -> false;
    };
  }

  private static void created(ObjectNode container, ContainerRecord record) {
    JsonNode resources = record.spec.path("resources");
    if (!resources.path("requests").isEmpty()) {
      container.set("allocatedResources", resources.path("requests"));
    }
    ObjectNode actual = container.putObject("resources");
    for (String field : List.of("limits", "requests")) {
      if (!resources.path(field).isEmpty()) {
        actual.set(field, resources.path(field));
      }
    }
    SecurityOptions user = record.user;
    if (user != null) {
      ObjectNode linux = container.putObject("user").putObject("linux");
      linux.put("uid", user.user()).put("gid", user.group());
      ArrayNode groups = linux.putArray("supplementalGroups");
      groups.add(user.group());
      user.groups().stream().filter(g -> g != user.group()).distinct().forEach(groups::add);
    }
    for (JsonNode mount : record.spec.path("volumeMounts")) {
      ObjectNode shown = container.withArray("volumeMounts").addObject();
      shown.set("name", mount.path("name"));
      shown.set("mountPath", mount.path("mountPath"));
      if (mount.path("readOnly").asBoolean()) {
        shown.put("readOnly", true).put("recursiveReadOnly", "Disabled");
      }
    }
  }

  private static ObjectNode state(ContainerRecord record, String runtimeName) {
    ObjectNode state = Json.object();
    switch (record.state) {
      case WAITING -> {
        ObjectNode waiting = state.putObject("waiting");
        waiting.put("reason", record.waitingReason);
        if (!record.waitingMessage.isEmpty()) {
          waiting.put("message", record.waitingMessage);
        }
      }
      case RUNNING -> state.putObject("running").put("startedAt", record.startedAt);
      case TERMINATED -> state.set("terminated", record.terminated);
    }
    return state;
  }

  /** Guaranteed, Burstable or BestEffort by the Pod's requests and limits of cpu and memory. */
  static String qosClass(JsonNode pod) {
    boolean any = false;
    boolean guaranteed = true;
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode container : pod.path("spec").path(list)) {
        JsonNode requests = container.path("resources").path("requests");
        JsonNode limits = container.path("resources").path("limits");
        for (String name : List.of("cpu", "memory")) {
          boolean limited = isSet(limits.path(name));
          boolean requested = isSet(requests.path(name));
          any |= limited || requested;
          guaranteed &=
              limited
                  && (!requested
                      || Quantity.of(limits.path(name)).compareTo(Quantity.of(requests.path(name)))
                          == 0);
        }
      }
    }
    return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
  }

  private static boolean isSet(JsonNode quantity) {
    return !quantity.isMissingNode() && Quantity.of(quantity).signum() > 0;
  }
}
