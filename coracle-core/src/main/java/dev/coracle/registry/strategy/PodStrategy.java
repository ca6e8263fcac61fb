package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;
import dev.coracle.schema.validation.pod.QualityOfService;
import java.util.HashMap;
import java.util.Map;

/** Pods: their first status, their grace, and which part of them each subresource may change. */
final class PodStrategy implements Strategy {

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    JsonNode spec = object.path("spec");
    ObjectNode status = object.putObject("status");
    status.put("phase", "Pending");
    status.put("qosClass", QualityOfService.of(spec));
    if (!spec.path("schedulingGates").isEmpty()) {
      status
          .putArray("conditions")
          .addObject()
          .put("type", "PodScheduled")
          .put("status", "False")
          .putNull("lastProbeTime")
          .putNull("lastTransitionTime")
          .put("reason", "SchedulingGated")
          .put("message", "Scheduling is blocked due to non-empty scheduling gates");
    }
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    switch (write.subresource()) {
      case "" -> {}
      case "status" -> prepareStatus(object, old);
      case "ephemeralcontainers" -> {
        JsonNode containers = object.path("spec").path("ephemeralContainers");
        restoreAll(object, old);
        if (!containers.isMissingNode()) {
          Meta.child(object, "spec").set("ephemeralContainers", containers);
        }
      }
      case "resize" -> prepareResize(object, old);
      default -> restoreAll(object, old);
    }
  }

  /** The kubelet's rules: no deletion by a status write, owners stay, the class of service too. */
  private static void prepareStatus(ObjectNode object, KubeObject old) {
    ObjectNode metadata = Meta.of(object);
    JsonNode was = old.tree().path("metadata");
    for (String field :
        new String[] {
          "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers"
        }) {
      Meta.restore(metadata, was, field);
    }
    ObjectNode status = Meta.child(object, "status");
    if (Meta.text(status, "qosClass").isEmpty()) {
      status.put("qosClass", old.text("status", "qosClass"));
    }
  }

  /**
   * Only the resources of containers and their resize policies. Containers in another order, or
   * others, come through: validation refuses them.
   */
  private static void prepareResize(ObjectNode object, KubeObject old) {
    JsonNode wanted = object.path("spec").deepCopy();
    restoreAll(object, old);
    ObjectNode spec = Meta.child(object, "spec");
    for (String list : new String[] {"containers", "initContainers"}) {
      Map<String, ObjectNode> was = new HashMap<>();
      for (JsonNode container : spec.path(list)) {
        if (container instanceof ObjectNode known) {
          was.put(Meta.text(known, "name"), known);
        }
      }
      if (!wanted.has(list)) {
        spec.remove(list);
        continue;
      }
      ArrayNode now = spec.putArray(list);
      for (JsonNode changed : wanted.path(list)) {
        ObjectNode known = was.get(Meta.text(changed, "name"));
        if (known == null) {
          now.add(changed);
          continue;
        }
        Meta.restore(known, changed, "resources");
        Meta.restore(known, changed, "resizePolicy");
        now.add(known);
      }
    }
    if (wanted.has("resources")) {
      spec.set("resources", wanted.get("resources"));
    }
  }

  private static void restoreAll(ObjectNode object, KubeObject old) {
    ObjectNode was = old.mutableTree();
    JsonNode managed = Meta.of(object).get("managedFields");
    object.removeAll();
    object.setAll(was);
    if (managed != null) {
      Meta.of(object).set("managedFields", managed);
    }
  }

  @Override
  public Long graceSeconds(KubeObject pod, DeleteOptions options) {
    if (pod.text("spec", "nodeName").isEmpty()) {
      return 0L;
    }
    String phase = pod.text("status", "phase");
    if (phase.equals("Failed") || phase.equals("Succeeded")) {
      return 0L;
    }
    Long asked = options.gracePeriodSeconds();
    long seconds =
        asked != null ? asked : pod.at("spec", "terminationGracePeriodSeconds").asLong(0);
    return seconds < 0 ? 1L : seconds;
  }
}
