package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A Pod's priority and preemption policy are those of its PriorityClass, or of the default one. */
public final class PriorityAdmission implements AdmissionPlugin {

  private static final GroupVersionResource CLASSES =
      GroupVersionResource.of("scheduling.k8s.io", "v1", "priorityclasses");
  private static final String PREEMPT = "PreemptLowerPriority";

  private final Supplier<Client> client;

  public PriorityAdmission(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "Priority";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    ObjectNode pod = AdmissionPlugin.coreObject(attributes, "pods");
    if (attributes.operation() != Operation.CREATE
        || pod == null
        || !(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    String name = spec.path("priorityClassName").asText("");
    KubeObject priorityClass = name.isEmpty() ? globalDefault() : find(attributes, name);
    if (name.isEmpty() && priorityClass != null) {
      spec.put("priorityClassName", priorityClass.name());
    }
    int priority = priorityClass == null ? 0 : priorityClass.at("value").asInt();
    String policy =
        priorityClass == null ? PREEMPT : priorityClass.at("preemptionPolicy").asText(PREEMPT);
    if (spec.has("priority") && spec.path("priority").asInt() != priority) {
      throw refused(
          attributes,
          "the integer value of priority (" + spec.path("priority").asInt() + ")",
          String.valueOf(priority));
    }
    if (spec.has("preemptionPolicy") && !spec.path("preemptionPolicy").asText().equals(policy)) {
      throw refused(
          attributes,
          "the string value of PreemptionPolicy (" + spec.path("preemptionPolicy").asText() + ")",
          policy);
    }
    spec.put("priority", priority);
    spec.put("preemptionPolicy", policy);
  }

  /** Only one class may be the default. */
  @Override
  public void validate(AdmissionAttributes attributes) {
    boolean concerns =
        attributes.resource().qualified().equals("priorityclasses.scheduling.k8s.io");
    ObjectNode priorityClass = concerns ? attributes.object() : null;
    boolean write =
        attributes.operation() == Operation.CREATE || attributes.operation() == Operation.UPDATE;
    if (priorityClass == null || !write || !priorityClass.path("globalDefault").asBoolean(false)) {
      return;
    }
    KubeObject known = globalDefault();
    if (known != null
        && (attributes.operation() == Operation.CREATE
            || !known.name().equals(attributes.name()))) {
      throw StatusException.forbidden(
          "scheduling.k8s.io",
          "priorityclasses",
          attributes.name(),
          "PriorityClass "
              + known.name()
              + " is already marked as default. Only one default can exist");
    }
  }

  private static StatusException refused(
      AdmissionAttributes attributes, String what, String computed) {
    return StatusException.forbidden(
        "",
        "pods",
        attributes.name(),
        what
            + " must not be provided in pod spec; priority admission controller computed "
            + computed
            + " from the given PriorityClass name");
  }

  private KubeObject find(AdmissionAttributes attributes, String name) {
    KubeObject found = client.get().find(CLASSES, "", name);
    if (found == null) {
      throw StatusException.forbidden(
          "", "pods", attributes.name(), "no PriorityClass with name " + name + " was found");
    }
    return found;
  }

  private @Nullable KubeObject globalDefault() {
    KubeObject best = null;
    for (KubeObject candidate : client.get().list(CLASSES, "", ListOptions.ALL).items()) {
      if (candidate.at("globalDefault").asBoolean()
          && (best == null || candidate.at("value").asInt() < best.at("value").asInt())) {
        best = candidate;
      }
    }
    return best;
  }
}
