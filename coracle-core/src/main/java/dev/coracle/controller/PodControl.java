package dev.coracle.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;

/** Makes and deletes the Pods of an owner, and tells of it in the owner's events. */
public final class PodControl {

  private final ControllerContext context;

  public PodControl(ControllerContext context) {
    this.context = context;
  }

  /** A Pod as an owner's template says, managed by the owner; without a name. */
  public static ObjectNode fromTemplate(KubeObject owner, JsonNode template) {
    ObjectNode pod = Json.object().put("kind", "Pod").put("apiVersion", "v1");
    ObjectNode metadata = pod.putObject("metadata");
    String prefix = owner.name() + "-";
    metadata.put("generateName", prefix.length() > 248 ? owner.name() : prefix);
    JsonNode given = template.path("metadata");
    for (String field : new String[] {"labels", "annotations", "finalizers"}) {
      if (given.path(field).size() > 0) {
        metadata.set(field, given.path(field).deepCopy());
      }
    }
    metadata.putArray("ownerReferences").add(Owners.controllerRef(owner));
    pod.set("spec", template.path("spec").deepCopy());
    return pod;
  }

  public KubeObject create(KubeObject owner, ObjectNode pod) {
    try {
      KubeObject created = context.client().create(Resources.PODS, owner.namespace(), pod);
      context.events().normal(owner, "SuccessfulCreate", "Created pod: " + created.name());
      return created;
    } catch (StatusException e) {
      if (!isNamespaceTerminating(e)) {
        context.events().warning(owner, "FailedCreate", "Error creating: " + e.status().message());
      }
      throw e;
    }
  }

  /** Deletes a Pod with its own grace period; one that is gone already is no failure. */
  public void delete(KubeObject owner, KubeObject pod) {
    try {
      context
          .client()
          .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.uid(pod.uid()));
      context.events().normal(owner, "SuccessfulDelete", "Deleted pod: " + pod.name());
    } catch (StatusException e) {
      if (e.isNotFound() || e.isConflict()) {
        return;
      }
      context.events().warning(owner, "FailedDelete", "Error deleting: " + e.status().message());
      throw e;
    }
  }

  /** Whether a create failed because the namespace is being deleted: trying again is no use. */
  public static boolean isNamespaceTerminating(StatusException e) {
    var details = e.status().details();
    if (e.code() != 403 || details == null) {
      return false;
    }
    for (StatusCause cause : details.causes()) {
      if (cause.reason().equals("NamespaceTerminating")) {
        return true;
      }
    }
    return false;
  }
}
