package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The containers of one Pod in the order of its spec. */
final class PodContainers {

  final List<ContainerRecord> init = new ArrayList<>();
  final List<ContainerRecord> main = new ArrayList<>();
  final List<ContainerRecord> ephemeral = new ArrayList<>();

  /** Brings back what the server knows of an earlier life of this node. */
  PodContainers(JsonNode pod, Instant now) {
    JsonNode spec = pod.path("spec");
    boolean hasInit = !spec.path("initContainers").isEmpty();
    JsonNode status = pod.path("status");
    for (JsonNode container : spec.path("initContainers")) {
      var record = new ContainerRecord(container, ContainerRecord.Kind.INIT, "PodInitializing");
      init.add(restored(record, status.path("initContainerStatuses"), now));
    }
    String waiting = hasInit ? "PodInitializing" : "ContainerCreating";
    for (JsonNode container : spec.path("containers")) {
      var record = new ContainerRecord(container, ContainerRecord.Kind.MAIN, waiting);
      main.add(restored(record, status.path("containerStatuses"), now));
    }
    addEphemeral(pod, now);
  }

  private void addEphemeral(JsonNode pod, Instant now) {
    JsonNode wanted = pod.path("spec").path("ephemeralContainers");
    for (JsonNode container : wanted) {
      // By name: a patch may put new ones before those that are there.
      if (ephemeral.stream()
          .anyMatch(known -> known.name.equals(container.path("name").asText()))) {
        continue;
      }
      var record =
          new ContainerRecord(container, ContainerRecord.Kind.EPHEMERAL, "ContainerCreating");
      JsonNode statuses = pod.path("status").path("ephemeralContainerStatuses");
      ephemeral.add(restored(record, statuses, now));
    }
  }

  /**
   * Takes over what may change in a running Pod: images, resources, further ephemeral containers.
   *
   * @return the running containers that this concerns
   */
  Changes update(JsonNode pod, Instant now) {
    Changes changes = new Changes(new ArrayList<>(), new ArrayList<>());
    update(init, pod.path("spec").path("initContainers"), changes);
    update(main, pod.path("spec").path("containers"), changes);
    addEphemeral(pod, now);
    return changes;
  }

  /**
   * Running containers whose definition changed.
   *
   * @param anew those that must start anew
   * @param resized those that go on with other resources
   */
  record Changes(List<ContainerRecord> anew, List<ContainerRecord> resized) {}

  private static void update(List<ContainerRecord> records, JsonNode specs, Changes changes) {
    for (int i = 0; i < records.size() && i < specs.size(); i++) {
      ContainerRecord record = records.get(i);
      JsonNode before = record.spec;
      JsonNode now = specs.path(i);
      record.spec = now;
      boolean resize = resizeRestarts(now, before.path("resources"), now.path("resources"));
      boolean anew = !before.path("image").equals(now.path("image")) || resize;
      if (!record.isRunning()) {
        continue;
      }
      if (anew) {
        record.changed = true;
        record.resized = resize;
        changes.anew().add(record);
      } else if (!before.path("resources").equals(now.path("resources"))) {
        changes.resized().add(record);
      }
    }
  }

  private static boolean resizeRestarts(JsonNode container, JsonNode before, JsonNode now) {
    for (JsonNode policy : container.path("resizePolicy")) {
      String resource = policy.path("resourceName").asText();
      boolean same =
          Stream.of("requests", "limits")
              .allMatch(
                  field ->
                      Objects.equals(
                          before.path(field).get(resource), now.path(field).get(resource)));
      if (!same && policy.path("restartPolicy").asText().equals("RestartContainer")) {
        return true;
      }
    }
    return false;
  }

  private static ContainerRecord restored(ContainerRecord record, JsonNode statuses, Instant now) {
    for (JsonNode status : statuses) {
      if (status.path("name").asText().equals(record.name)) {
        restore(record, status, now);
      }
    }
    return record;
  }

  private static void restore(ContainerRecord record, JsonNode status, Instant now) {
    record.restarts = status.path("restartCount").asInt();
    String id = status.path("containerID").asText("");
    record.lastId = id.isEmpty() ? null : id.substring(id.indexOf("://") + 3);
    if (status.path("lastState").path("terminated") instanceof ObjectNode last) {
      record.last = last.deepCopy();
    }
    if (status.path("state").path("terminated") instanceof ObjectNode ended) {
      record.terminated = ended.deepCopy();
    } else if (status.path("state").path("running") instanceof ObjectNode running) {
      record.terminated =
          Json.object()
              .put("exitCode", 137)
              .put("reason", "ContainerStatusUnknown")
              .put("message", "The container could not be located when the node was started again")
              .put("startedAt", running.path("startedAt").asText())
              .put("finishedAt", Timestamps.seconds(now));
    }
    if (record.terminated != null) {
      record.state = ContainerRecord.State.TERMINATED;
      record.finishedAt = now;
    }
    if (record.terminated != null || record.last != null) {
      record.attempts = record.restarts + 1;
    }
  }

  List<ContainerRecord> all() {
    return Stream.of(init, main, ephemeral).flatMap(List::stream).toList();
  }

  @Nullable ContainerRecord named(String name) {
    return all().stream().filter(c -> c.name.equals(name)).findFirst().orElse(null);
  }

  boolean anyRunning() {
    return all().stream().anyMatch(ContainerRecord::isRunning);
  }

  boolean mainStarted() {
    return main.stream().anyMatch(ContainerRecord::everStarted);
  }
}
