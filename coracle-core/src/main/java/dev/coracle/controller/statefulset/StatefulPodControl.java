package dev.coracle.controller.statefulset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.History;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes, mends and deletes a StatefulSet's Pods and claims, and tells of it in its events. */
final class StatefulPodControl {

  private final ControllerContext context;
  private final SharedInformer claims;

  StatefulPodControl(ControllerContext context, SharedInformer claims) {
    this.context = context;
    this.claims = claims;
  }

  /** Whether a former Pod of an ordinal takes the ordinal's claims along, and isn't gone yet. */
  boolean waitsForClaims(KubeObject set, int ordinal) {
    for (String name : StatefulClaims.names(set, ordinal)) {
      KubeObject claim = claims.get(set.namespace(), name);
      if (claim != null
          && StatefulClaims.isStale(set, claim, StatefulPods.name(set, ordinal), "")) {
        return true;
      }
    }
    return false;
  }

  /** Creates a Pod after its claims. */
  void create(KubeObject set, int ordinal, KubeObject revision) {
    String name = StatefulPods.name(set, ordinal);
    try {
      createClaims(set, ordinal);
      KubeObject unused =
          context
              .client()
              .create(
                  Resources.PODS,
                  set.namespace(),
                  StatefulPods.make(set, ordinal, History.template(revision), revision.name()));
      tell("Create", set, name, null);
    } catch (StatusException e) {
      if (PodControl.isNamespaceTerminating(e)) {
        return;
      }
      if (!e.isAlreadyExists()) {
        tell("Create", set, name, e);
      }
      throw e;
    }
  }

  private void createClaims(KubeObject set, int ordinal) {
    for (ObjectNode claim : StatefulClaims.make(set, ordinal)) {
      String name = claim.path("metadata").path("name").asText();
      KubeObject there = claims.get(set.namespace(), name);
      if (there == null) {
        createClaim(set, StatefulPods.name(set, ordinal), claim);
      } else if (there.isDeleting()) {
        throw StatusException.internal("pvc " + name + " is being deleted");
      }
    }
  }

  private void createClaim(KubeObject set, String pod, ObjectNode claim) {
    String name = claim.path("metadata").path("name").asText();
    try {
      KubeObject unused =
          context.client().create(Resources.PERSISTENT_VOLUME_CLAIMS, set.namespace(), claim);
      context
          .events()
          .normal(
              set,
              "SuccessfulCreate",
              "create Claim %s Pod %s in StatefulSet %s success".formatted(name, pod, set.name()));
    } catch (StatusException e) {
      if (e.isAlreadyExists()) {
        return;
      }
      Status status = e.status();
      context
          .events()
          .warning(
              set,
              "FailedCreate",
              "create Claim %s for Pod %s in StatefulSet %s failed error: %s"
                  .formatted(name, pod, set.name(), status.message()));
      throw new StatusException(
          new Status(
              status.code(),
              status.reason(),
              "failed to create PVC " + name + ": " + status.message(),
              status.details()));
    }
  }

  /**
   * Makes a Pod's identity, volumes and claims as the set says; most often there is nothing to do.
   */
  void tend(KubeObject set, KubeObject pod) {
    boolean consistent = StatefulPods.isConsistent(set, pod);
    try {
      if (!consistent || pod.text("status", "phase").equals("Pending")) {
        createClaims(set, StatefulPods.ordinal(set, pod));
      }
      boolean owned = own(set, pod);
      if (consistent && !owned) {
        return;
      }
      if (!consistent) {
        KubeObject unused =
            context
                .client()
                .update(
                    Resources.PODS, pod.namespace(), pod.name(), StatefulPods.consistent(set, pod));
      }
      tell("Update", set, pod.name(), null);
    } catch (StatusException e) {
      if (!e.isConflict() && !e.isNotFound()) {
        tell("Update", set, pod.name(), e);
      }
      throw e;
    }
  }

  /**
   * Gives a Pod's claims the owners that the retention policy wants.
   *
   * @return whether any had others
   */
  boolean own(KubeObject set, KubeObject pod) {
    boolean changed = false;
    for (String name : StatefulClaims.names(set, StatefulPods.ordinal(set, pod))) {
      KubeObject claim = claims.get(set.namespace(), name);
      ArrayNode owners = claim == null ? null : StatefulClaims.owners(set, pod, claim);
      if (claim == null || owners == null) {
        continue;
      }
      ObjectNode tree = claim.mutableTree();
      ObjectNode metadata = tree.withObject("/metadata");
      if (owners.isEmpty()) {
        metadata.remove("ownerReferences");
      } else {
        metadata.set("ownerReferences", owners);
      }
      KubeObject unused =
          context.client().update(Resources.PERSISTENT_VOLUME_CLAIMS, set.namespace(), name, tree);
      changed = true;
    }
    return changed;
  }

  /** Deletes a Pod with its own grace period; one that is gone already is no failure. */
  void delete(KubeObject set, KubeObject pod) {
    try {
      context
          .client()
          .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.uid(pod.uid()));
      tell("Delete", set, pod.name(), null);
    } catch (StatusException e) {
      if (e.isNotFound() || e.isConflict()) {
        return;
      }
      tell("Delete", set, pod.name(), e);
      throw e;
    }
  }

  private void tell(String verb, KubeObject set, String pod, @Nullable StatusException failure) {
    String what = verb.toLowerCase(Locale.ROOT) + " Pod " + pod + " in StatefulSet " + set.name();
    if (failure == null) {
      context.events().normal(set, "Successful" + verb, what + " successful");
    } else {
      context
          .events()
          .warning(set, "Failed" + verb, what + " failed error: " + failure.status().message());
    }
  }
}
