package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.node.inputs.NodeSources;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells the server of a Pod's status when that changed. */
final class PodStatusManager {

  private final PodContext context;
  private final PodContainers containers;
  private final PodResize resize;
  private @Nullable ObjectNode written;

  PodStatusManager(PodContext context, PodContainers containers, PodResize resize) {
    this.resize = resize;
    this.context = context;
    this.containers = containers;
  }

  void write(String phase, String reason, String message, String startTime, boolean terminating) {
    KubeObject pod = context.pod;
    String now = Timestamps.seconds(context.clock.instant());
    ObjectNode status =
        context.updates.read(
            () ->
                new PodStatusBuilder(withWritten(pod), now, resize.conditions())
                    .build(
                        phase,
                        reason,
                        message,
                        startTime.isEmpty() ? now : startTime,
                        context.node.address(),
                        context.podIps(),
                        context.sandbox != null,
                        terminating,
                        containers,
                        context.runtimeName));
    if (!status.equals(written) && send(pod, status)) {
      written = status;
    }
  }

  /** A Pod that never ran here has nothing but the reason. */
  void reject(String reason, String message) {
    KubeObject pod = context.pod;
    ObjectNode status =
        Json.object()
            .put("observedGeneration", pod.generation())
            .put("phase", "Failed")
            .put("reason", reason)
            .put("message", message)
            .put("startTime", Timestamps.seconds(context.clock.instant()))
            .put("qosClass", PodStatusBuilder.qosClass(pod.tree()));
    boolean unused = send(pod, status);
  }

  /**
   * @return whether it is there now
   */
  private boolean send(KubeObject pod, ObjectNode status) {
    ObjectNode patch = Json.object();
    patch.putObject("metadata").put("uid", pod.uid());
    patch.set("status", status.deepCopy());
    try {
      KubeObject unused =
          context
              .node
              .client()
              .patch(
                  NodeSources.PODS,
                  pod.namespace(),
                  pod.name(),
                  "status",
                  PatchType.MERGE,
                  patch,
                  WriteOptions.manager("kubelet"));
      return true;
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
      return false;
    }
  }

  /** The newest Pod, but with the conditions that were written last: the watch may be behind. */
  private JsonNode withWritten(KubeObject now) {
    ObjectNode last = written;
    if (last == null) {
      return now.tree();
    }
    ObjectNode tree = now.mutableTree();
    Map<String, JsonNode> conditions = new LinkedHashMap<>();
    tree.path("status").path("conditions").forEach(c -> conditions.put(c.path("type").asText(), c));
    for (JsonNode condition : last.path("conditions")) {
      if (condition.has("lastProbeTime")) {
        conditions.put(condition.path("type").asText(), condition);
      }
    }
    ObjectNode status = tree.get("status") instanceof ObjectNode s ? s : tree.putObject("status");
    var array = status.putArray("conditions");
    conditions.values().forEach(array::add);
    return tree;
  }
}
