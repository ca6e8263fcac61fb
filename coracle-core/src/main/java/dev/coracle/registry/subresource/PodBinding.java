package dev.coracle.registry.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.Meta;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.flow.Admissions;
import dev.coracle.registry.flow.ObjectStore;
import dev.coracle.registry.flow.Options;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Write;

/** The binding subresource: assigns a Pod to a node, once. */
final class PodBinding {

  private final RegistryConfig config;
  private final ObjectStore objects;

  PodBinding(RegistryConfig config, ObjectStore objects) {
    this.config = config;
    this.objects = objects;
  }

  KubeObject bind(Write write, Resource pods, ObjectNode binding) {
    return bind(write, pods, binding, write, pods);
  }

  /**
   * @param asked what admission sees: a write of the Pod's subresource, or of the old resource
   *     {@code bindings}
   */
  KubeObject bind(
      Write write, Resource pods, ObjectNode binding, Write asked, Resource askedResource) {
    String named = Meta.text(binding.path("metadata"), "name");
    if (!named.isEmpty() && !named.equals(write.name())) {
      throw StatusException.badRequest("name in URL does not match name in Binding object");
    }
    JsonNode target = binding.path("target");
    String kind = Meta.text(target, "kind");
    if (!kind.isEmpty() && !kind.equals("Node")) {
      throw Options.unexplained(
          "target.kind: Unsupported value: \""
              + kind
              + "\": supported values: \"Node\", \"<empty>\"");
    }
    String node = Meta.text(target, "name");
    if (node.isEmpty()) {
      throw StatusException.badRequest("target.name: Required value");
    }
    var attributes =
        Admissions.of(
            asked,
            askedResource,
            Operation.CREATE,
            binding,
            null,
            Admissions.options("CreateOptions", write.options()));
    config.admission().mutate(attributes);
    config.admission().validate(attributes);
    KubeObject pod = objects.get(pods, write.namespace(), write.name());
    while (true) {
      ObjectNode bound = bound(write, binding, pod, node);
      if (write.dryRun()) {
        break;
      }
      try {
        objects.replace(pods, write.namespace(), write.name(), bound, pod.resourceVersion());
        break;
      } catch (ObjectStore.Stale e) {
        KubeObject newer = e.current();
        if (newer == null) {
          throw pods.notFound(write.name());
        }
        pod = newer;
      }
    }
    return KubeObject.of(StatusJson.success(201, null));
  }

  private static ObjectNode bound(Write write, ObjectNode binding, KubeObject pod, String node) {
    String uid = Meta.text(binding.path("metadata"), "uid");
    if (!uid.isEmpty() && !uid.equals(pod.uid())) {
      throw conflict(
          pod,
          "Precondition failed: UID in precondition: "
              + uid
              + ", UID in object meta: "
              + pod.uid());
    }
    if (pod.isDeleting()) {
      throw conflict(pod, "pod " + pod.name() + " is being deleted, cannot be assigned to a host");
    }
    ObjectNode tree = pod.mutableTree();
    ObjectNode spec = Meta.child(tree, "spec");
    String assigned = Meta.text(spec, "nodeName");
    if (!assigned.isEmpty()) {
      throw conflict(
          pod, "pod " + pod.name() + " is already assigned to node \"" + assigned + "\"");
    }
    if (!spec.path("schedulingGates").isEmpty()) {
      throw conflict(pod, "pod " + pod.name() + " has non-empty .spec.schedulingGates");
    }
    spec.put("nodeName", node);
    JsonNode annotations = binding.path("metadata").path("annotations");
    if (!annotations.isEmpty()) {
      ObjectNode own = Meta.child(Meta.of(tree), "annotations");
      annotations.properties().forEach(entry -> own.set(entry.getKey(), entry.getValue()));
    }
    JsonNode labels = binding.path("metadata").path("labels");
    if (!labels.isEmpty()) {
      ObjectNode own = Meta.child(Meta.of(tree), "labels");
      labels.properties().forEach(entry -> own.set(entry.getKey(), entry.getValue()));
    }
    scheduled(write, Meta.child(tree, "status"));
    return tree;
  }

  private static void scheduled(Write write, ObjectNode status) {
    // the promise is kept (KEP-5278)
    status.remove("nominatedNodeName");
    ArrayNode conditions =
        status.get("conditions") instanceof ArrayNode there ? there : status.putArray("conditions");
    for (int i = conditions.size() - 1; i >= 0; i--) {
      if (Meta.text(conditions.get(i), "type").equals("PodScheduled")) {
        conditions.remove(i);
      }
    }
    conditions
        .addObject()
        .put("type", "PodScheduled")
        .put("status", "True")
        .putNull("lastProbeTime")
        .put("lastTransitionTime", Timestamps.seconds(write.now()));
  }

  private static StatusException conflict(KubeObject pod, String why) {
    return StatusException.conflict("", "pods/binding", pod.name(), why);
  }
}
