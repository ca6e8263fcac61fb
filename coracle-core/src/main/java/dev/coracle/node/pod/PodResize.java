package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.runtime.ContainerStats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A Pod's resources as the node has given them, which are those of its spec until somebody wants
 * others (KEP-1287): then the wish is granted, deferred or infeasible.
 */
final class PodResize {

  /** The conditions that say how far a resize is. */
  static final String PENDING = "PodResizePending";

  static final String IN_PROGRESS = "PodResizeInProgress";
  private static final List<String> LISTS = List.of("initContainers", "containers");

  /** A wish that waits. */
  private record Pending(NodeAllocations.Refusal why, long generation) {}

  private final PodContext context;
  private final NodeAllocations allocations;
  private Map<String, JsonNode> given;
  private @Nullable Pending pending;
  private long inProgress = -1;

  /** Why what was granted cannot come into force now; empty when nothing is in its way. */
  private String obstacle = "";

  private long told = -1;

  PodResize(PodContext context, NodeAllocations allocations, KubeObject pod) {
    this.context = context;
    this.allocations = allocations;
    JsonNode tree = pod.tree();
    this.given = new LinkedHashMap<>(wanted(tree));
    for (JsonNode condition : tree.path("status").path("conditions")) {
      if (condition.path("type").asText().equals(PENDING)) {
        restore(tree.path("status"));
      }
    }
  }

  /** An earlier life of this node gave other resources than the spec wants. */
  private void restore(JsonNode status) {
    for (String list : List.of("initContainerStatuses", "containerStatuses")) {
      for (JsonNode container : status.path(list)) {
        given.computeIfPresent(
            container.path("name").asText(),
            (name, wanted) ->
                container.path("resources").isObject() ? container.path("resources") : wanted);
      }
    }
  }

  private static Map<String, JsonNode> wanted(JsonNode pod) {
    Map<String, JsonNode> wanted = new LinkedHashMap<>();
    for (String list : LISTS) {
      for (JsonNode container : pod.path("spec").path(list)) {
        wanted.put(container.path("name").asText(), container.path("resources"));
      }
    }
    return wanted;
  }

  /** Whether a wish waits for room, or for containers to use less. */
  boolean isDeferred() {
    return pending != null || isObstructed();
  }

  /** Whether containers use more than they were granted, which has to be looked at again. */
  boolean isObstructed() {
    return !obstacle.isEmpty();
  }

  /**
   * The Pod with what it has been given, after its latest wish was looked at.
   *
   * @param containers null as long as none was started
   */
  JsonNode allocated(KubeObject pod, @Nullable PodContainers containers) {
    JsonNode tree = pod.tree();
    Map<String, JsonNode> wanted = wanted(tree);
    if (wanted.equals(given)) {
      pending = null;
      if (isObstructed()) {
        // What was there before is wanted again.
        obstacle = "";
        inProgress = -1;
      }
      return tree;
    }
    NodeAllocations.Refusal refusal = allocations.resize(pod.uid(), tree, context.updates::wake);
    if (refusal == null) {
      pending = null;
      inProgress = pod.generation();
      obstacle = containers == null ? "" : obstacle(tree, containers);
      if (isObstructed()) {
        if (told != inProgress) {
          told = inProgress;
          event(EventRecorder.WARNING, "ResizeError", "error", tree, inProgress, obstacle);
        }
        return withGiven(pod);
      }
      given = wanted;
      event(EventRecorder.NORMAL, "ResizeStarted", "started", tree, inProgress, "");
      return tree;
    }
    Pending now = new Pending(refusal, pod.generation());
    if (!now.equals(pending)) {
      pending = now;
      event(
          EventRecorder.WARNING,
          "Resize" + refusal.reason(),
          refusal.reason(),
          tree,
          now.generation,
          refusal.message());
    }
    return withGiven(pod);
  }

  /** A limit of memory below what is used would end the container instead of resizing it. */
  private String obstacle(JsonNode wanted, PodContainers containers) {
    List<String> found = new ArrayList<>();
    for (String list : LISTS) {
      for (JsonNode container : wanted.path("spec").path(list)) {
        ContainerRecord record = containers.named(container.path("name").asText());
        String id = record == null ? null : record.id;
        JsonNode before = given.get(container.path("name").asText());
        long limit = ContainerConfigs.resources(container, 0).memoryLimit();
        if (id == null || limit == 0 || before == null || restartsForMemory(container)) {
          continue;
        }
        long now = ContainerConfigs.memoryLimit(before);
        if (now != 0 && now <= limit) {
          continue;
        }
        ContainerStats stats = context.runtime.stats(id);
        if (stats != null && stats.workingSetBytes() >= limit) {
          found.add(
              "attempting to set container \"%s\" memory limit (%d) below current usage (%d)"
                  .formatted(container.path("name").asText(), limit, stats.workingSetBytes()));
        }
      }
    }
    return found.isEmpty() ? "" : "cannot decrease memory limits: " + String.join(", ", found);
  }

  private static boolean restartsForMemory(JsonNode container) {
    for (JsonNode policy : container.path("resizePolicy")) {
      if (policy.path("resourceName").asText().equals("memory")) {
        return policy.path("restartPolicy").asText().equals("RestartContainer");
      }
    }
    return false;
  }

  private JsonNode withGiven(KubeObject pod) {
    ObjectNode tree = pod.mutableTree();
    for (String list : LISTS) {
      for (JsonNode container : tree.path("spec").path(list)) {
        JsonNode resources = given.get(container.path("name").asText());
        if (container instanceof ObjectNode changed && resources != null) {
          changed.set("resources", resources);
        }
      }
    }
    return tree;
  }

  /** Whether what was granted has just come into force. */
  boolean isCompleted(PodContainers containers, KubeObject pod) {
    boolean completed =
        inProgress >= 0 && !isObstructed() && containers.all().stream().noneMatch(c -> c.changed);
    if (completed) {
      event(EventRecorder.NORMAL, "ResizeCompleted", "completed", withGiven(pod), inProgress, "");
      inProgress = -1;
    }
    return completed;
  }

  /** Those of its conditions that hold now. */
  List<ObjectNode> conditions() {
    List<ObjectNode> conditions = new ArrayList<>();
    Pending waits = pending;
    if (waits != null) {
      conditions.add(
          Json.object()
              .put("type", PENDING)
              .put("status", "True")
              .put("reason", waits.why.reason())
              .put("message", waits.why.message())
              .put("observedGeneration", waits.generation));
    }
    if (inProgress >= 0) {
      ObjectNode condition =
          Json.object()
              .put("type", IN_PROGRESS)
              .put("status", "True")
              .put("observedGeneration", inProgress);
      if (isObstructed()) {
        condition.put("reason", "Error").put("message", obstacle);
      }
      conditions.add(condition);
    }
    return conditions;
  }

  private void event(
      String type, String reason, String word, JsonNode pod, long generation, String error) {
    ObjectNode text = Json.object();
    for (String list : LISTS) {
      for (JsonNode container : pod.path("spec").path(list)) {
        ObjectNode one = text.withArray(list).addObject();
        one.set("name", container.path("name"));
        one.set("resources", Objects.requireNonNullElse(container.get("resources"), Json.object()));
      }
    }
    text.put("generation", generation);
    if (!error.isEmpty()) {
      text.put("error", error);
    }
    context.event(type, reason, "Pod resize " + word + ": " + text);
  }
}
