package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Set;

/** Pods: readiness, the one word that says how it goes, restarts. */
final class PodCells {

  private final Row row;
  private final JsonNode status;
  private final Set<String> sidecars = new HashSet<>();
  private String reason;
  private String lastRestart = "";
  private String lastSidecarRestart = "";
  private long restarts;
  private long sidecarRestarts;
  private int ready;
  private int total;

  private PodCells(Row row) {
    this.row = row;
    this.status = row.at("status");
    this.reason = Row.or(row.text("status", "reason"), row.text("status", "phase"));
  }

  static void add(Row row) {
    PodCells cells = new PodCells(row);
    cells.summarize();
    row.name()
        .add(cells.ready + "/" + cells.total)
        .add(cells.reason)
        .add(cells.restarts())
        .age()
        .add(podIp(row))
        .add(Row.or(row.text("spec", "nodeName"), Row.NONE))
        .add(Row.or(row.text("status", "nominatedNodeName"), Row.NONE))
        .add(readinessGates(row));
  }

  private void summarize() {
    total = row.at("spec", "containers").size();
    for (JsonNode container : row.at("spec", "initContainers")) {
      if (container.path("restartPolicy").asText("").equals("Always")) {
        sidecars.add(container.path("name").asText(""));
        total++;
      }
    }
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText("").equals("PodScheduled")
          && condition.path("reason").asText("").equals("SchedulingGated")) {
        reason = "SchedulingGated";
      }
    }
    boolean initializing = initContainers();
    if (!initializing || condition("Initialized")) {
      containers();
    }
    if (row.object().isDeleting()) {
      String phase = row.text("status", "phase");
      if (row.text("status", "reason").equals("NodeLost")) {
        reason = "Unknown";
      } else if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
        reason = "Terminating";
      }
    }
  }

  /** Tells whether an init container is still to finish. */
  private boolean initContainers() {
    int index = -1;
    for (JsonNode container : status.path("initContainerStatuses")) {
      index++;
      restarts += container.path("restartCount").asLong(0);
      lastRestart = later(lastRestart, container);
      boolean sidecar = sidecars.contains(container.path("name").asText(""));
      if (sidecar) {
        sidecarRestarts += container.path("restartCount").asLong(0);
        lastSidecarRestart = later(lastSidecarRestart, container);
      }
      JsonNode state = container.path("state");
      JsonNode terminated = state.path("terminated");
      if (terminated.isObject() && terminated.path("exitCode").asLong(0) == 0) {
        continue;
      }
      if (sidecar && container.path("started").asBoolean(false)) {
        if (container.path("ready").asBoolean(false)) {
          ready++;
        }
        continue;
      }
      String waiting = state.path("waiting").path("reason").asText("");
      if (terminated.isObject()) {
        reason = "Init:" + ended(terminated);
      } else if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
        reason = "Init:" + waiting;
      } else {
        reason = "Init:" + index + "/" + row.at("spec", "initContainers").size();
      }
      return true;
    }
    return false;
  }

  private void containers() {
    restarts = sidecarRestarts;
    lastRestart = lastSidecarRestart;
    boolean running = false;
    JsonNode statuses = status.path("containerStatuses");
    for (int i = statuses.size() - 1; i >= 0; i--) {
      JsonNode container = statuses.get(i);
      restarts += container.path("restartCount").asLong(0);
      lastRestart = later(lastRestart, container);
      JsonNode state = container.path("state");
      String waiting = state.path("waiting").path("reason").asText("");
      if (!waiting.isEmpty()) {
        reason = waiting;
      } else if (state.path("terminated").isObject()) {
        reason = ended(state.path("terminated"));
      } else if (container.path("ready").asBoolean(false) && state.path("running").isObject()) {
        running = true;
        ready++;
      }
    }
    if (reason.equals("Completed") && running) {
      reason = condition("Ready") ? "Running" : "NotReady";
    }
  }

  private static String ended(JsonNode terminated) {
    String why = terminated.path("reason").asText("");
    if (!why.isEmpty()) {
      return why;
    }
    long signal = terminated.path("signal").asLong(0);
    return signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").asLong(0);
  }

  private static String later(String known, JsonNode container) {
    String finished = container.path("lastState").path("terminated").path("finishedAt").asText("");
    return finished.compareTo(known) > 0 ? finished : known;
  }

  private boolean condition(String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText("").equals(type)) {
        return condition.path("status").asText("").equals("True");
      }
    }
    return false;
  }

  private String restarts() {
    return restarts != 0 && !lastRestart.isEmpty()
        ? restarts + " (" + row.since(lastRestart) + " ago)"
        : Long.toString(restarts);
  }

  private static String podIp(Row row) {
    String first = row.at("status", "podIPs").path(0).path("ip").asText("");
    return Row.or(Row.or(first, row.text("status", "podIP")), Row.NONE);
  }

  private static String readinessGates(Row row) {
    JsonNode gates = row.at("spec", "readinessGates");
    if (gates.isEmpty()) {
      return Row.NONE;
    }
    int met = 0;
    for (JsonNode gate : gates) {
      for (JsonNode condition : row.at("status", "conditions")) {
        if (condition.path("type").equals(gate.path("conditionType"))) {
          met += condition.path("status").asText("").equals("True") ? 1 : 0;
          break;
        }
      }
    }
    return met + "/" + gates.size();
  }
}
