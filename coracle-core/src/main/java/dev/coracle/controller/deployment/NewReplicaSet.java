package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.TemplateHash;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the ReplicaSet of a Deployment's present template, and numbers it and the Deployment. */
final class NewReplicaSet {

  private final ControllerContext context;
  private final DeploymentState state;

  NewReplicaSet(ControllerContext context, DeploymentState state) {
    this.context = context;
    this.state = state;
  }

  /** Numbers the ReplicaSet if it is there; null when it isn't. */
  @Nullable KubeObject numbered() {
    KubeObject current = state.newSet();
    if (current == null) {
      return null;
    }
    KubeObject deployment = state.deployment();
    ObjectNode tree = current.mutableTree();
    boolean changed = Revisions.annotateNew(tree, deployment, Revisions.newest(state.old()) + 1);
    int minReady = deployment.at("spec", "minReadySeconds").asInt();
    if (current.at("spec", "minReadySeconds").asInt() != minReady) {
      tree.withObject("/spec").put("minReadySeconds", minReady);
      changed = true;
    }
    if (changed) {
      current = state.updateSet(tree);
    }
    number(Revisions.revision(current));
    if (Conditions.find(deployment.at("status", "conditions"), DeploymentStatus.PROGRESSING)
        == null) {
      state.writeProgressing(
          "True", "FoundNewReplicaSet", "Found new replica set \"" + current.name() + "\"");
    }
    return current;
  }

  /**
   * The ReplicaSet, made if it is not there.
   *
   * @return null when its name is another's: the sync comes again, for another name
   */
  @Nullable KubeObject numberedOrCreated() {
    KubeObject there = numbered();
    return there != null ? there : create();
  }

  private @Nullable KubeObject create() {
    KubeObject deployment = state.deployment();
    long revision = Revisions.newest(state.old()) + 1;
    int collisions = deployment.at("status", "collisionCount").asInt();
    String hash = TemplateHash.of(deployment.at("spec", "template"), collisions);
    ObjectNode tree = Revisions.newReplicaSet(deployment, hash);
    tree.withObject("/metadata").putArray("ownerReferences").add(Owners.controllerRef(deployment));
    int replicas = state.rollout().newReplicas(state.sets(), 0);
    tree.withObject("/spec").put("replicas", replicas);
    boolean unused = Revisions.annotateNew(tree, deployment, revision);
    unused = Revisions.annotateReplicas(tree, state.rollout());
    String name = tree.path("metadata").path("name").asText();
    KubeObject created;
    try {
      created = context.client().create(Resources.REPLICA_SETS, deployment.namespace(), tree);
    } catch (StatusException e) {
      if (e.isAlreadyExists()) {
        return takeOrAvoid(name, collisions);
      }
      if (!PodControl.isNamespaceTerminating(e)) {
        String message =
            "Failed to create new replica set \"" + name + "\": " + e.status().message();
        state.warn("ReplicaSetCreateError", message);
        state.writeProgressing("False", "ReplicaSetCreateError", message);
      }
      throw e;
    }
    state.adoptNew(created);
    if (replicas > 0) {
      state.tellScaled("up", created, 0, replicas);
    }
    number(revision);
    state.writeProgressing(
        "True", "NewReplicaSetCreated", "Created new replica set \"" + created.name() + "\"");
    return created;
  }

  /** A name that is taken is our own's, which the cache doesn't show yet, or a collision. */
  private @Nullable KubeObject takeOrAvoid(String name, int collisions) {
    KubeObject deployment = state.deployment();
    KubeObject there = context.client().get(Resources.REPLICA_SETS, deployment.namespace(), name);
    if (Owners.isControlledBy(there, deployment)
        && Revisions.find(deployment, List.of(there)) != null) {
      state.adoptNew(there);
      return numbered();
    }
    ObjectNode tree = deployment.mutableTree();
    tree.withObject("/status").put("collisionCount", collisions + 1);
    state.updateStatus(tree);
    return null;
  }

  /** Writes the revision into the Deployment's annotations. */
  private void number(long revision) {
    KubeObject deployment = state.deployment();
    if (Revisions.revision(deployment) == revision) {
      return;
    }
    ObjectNode tree = deployment.mutableTree();
    tree.withObject("/metadata")
        .withObject("/annotations")
        .put(Revisions.REVISION, Long.toString(revision));
    state.update(tree);
  }
}
