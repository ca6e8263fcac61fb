package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.quota.PodResources;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A Pod has the overhead, the node selector and the tolerations of its RuntimeClass. */
public final class RuntimeClassAdmission implements AdmissionPlugin {

  private static final GroupVersionResource CLASSES =
      GroupVersionResource.of("node.k8s.io", "v1", "runtimeclasses");
  private static final String MISMATCH =
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

  private final Supplier<Client> client;

  public RuntimeClassAdmission(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "RuntimeClass";
  }

  private static @Nullable ObjectNode spec(AdmissionAttributes attributes) {
    ObjectNode pod = AdmissionPlugin.coreObject(attributes, "pods");
    return pod != null
            && attributes.operation() == Operation.CREATE
            && pod.get("spec") instanceof ObjectNode spec
        ? spec
        : null;
  }

  private @Nullable KubeObject runtimeClass(AdmissionAttributes attributes, ObjectNode spec) {
    String name = spec.path("runtimeClassName").asText("");
    if (name.isEmpty()) {
      return null;
    }
    KubeObject found = client.get().find(CLASSES, "", name);
    if (found == null) {
      throw refused(attributes, "pod rejected: RuntimeClass \"" + name + "\" not found");
    }
    return found;
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    ObjectNode spec = spec(attributes);
    KubeObject runtimeClass = spec == null ? null : runtimeClass(attributes, spec);
    if (spec == null || runtimeClass == null) {
      return;
    }
    JsonNode overhead = runtimeClass.at("overhead", "podFixed");
    if (overhead.isObject()) {
      if (!spec.path("overhead").isEmpty() && differs(spec.path("overhead"), overhead)) {
        throw refused(attributes, MISMATCH);
      }
      spec.set("overhead", overhead.deepCopy());
    }
    JsonNode wanted = runtimeClass.at("scheduling", "nodeSelector");
    for (Map.Entry<String, JsonNode> label : wanted.properties()) {
      JsonNode own = spec.path("nodeSelector").path(label.getKey());
      if (own.isTextual() && !own.equals(label.getValue())) {
        throw refused(
            attributes,
            "conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; pod.spec.nodeSelector[%s] = %s"
                .formatted(
                    label.getKey(), label.getValue().asText(), label.getKey(), own.asText()));
      }
    }
    if (!wanted.isEmpty()) {
      spec.withObject("/nodeSelector").setAll((ObjectNode) wanted.deepCopy());
    }
    JsonNode tolerations = runtimeClass.at("scheduling", "tolerations");
    if (!tolerations.isEmpty()) {
      ArrayNode own = spec.withArray("/tolerations");
      for (JsonNode toleration : tolerations) {
        if (!contains(own, toleration)) {
          own.add(toleration.deepCopy());
        }
      }
    }
  }

  private static boolean contains(ArrayNode tolerations, JsonNode wanted) {
    for (JsonNode toleration : tolerations) {
      if (toleration.equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    ObjectNode spec = spec(attributes);
    if (spec == null) {
      return;
    }
    KubeObject runtimeClass = runtimeClass(attributes, spec);
    JsonNode overhead = spec.path("overhead");
    JsonNode wanted =
        runtimeClass == null ? spec.path("no such field") : runtimeClass.at("overhead", "podFixed");
    if (wanted.isObject()) {
      if (differs(overhead, wanted)) {
        throw refused(attributes, MISMATCH);
      }
    } else if (!overhead.isEmpty()) {
      throw refused(
          attributes,
          "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    }
  }

  private static boolean differs(JsonNode left, JsonNode right) {
    return !PodResources.read(left).equals(PodResources.read(right));
  }

  private static StatusException refused(AdmissionAttributes attributes, String why) {
    return StatusException.forbidden("", "pods", attributes.name(), why);
  }
}
