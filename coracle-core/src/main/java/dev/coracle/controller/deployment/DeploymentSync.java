package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One look at a Deployment: the next step of its rollout, and what its status says. */
final class DeploymentSync {

  private final ControllerContext context;
  private final SharedInformer pods;
  private final DeploymentState state;
  private final NewReplicaSet newReplicaSet;

  DeploymentSync(ControllerContext context, SharedInformer pods, DeploymentState state) {
    this.context = context;
    this.pods = pods;
    this.state = state;
    this.newReplicaSet = new NewReplicaSet(context, state);
  }

  /**
   * @return when to look again although nothing happens; null when there is no need
   */
  @Nullable Duration run() {
    Rollout rollout = state.rollout();
    if (state.deployment().isDeleting()) {
      state.writeStatus(state.counts());
    } else if (!pauseOrResume()) { // else the change comes back as an event
      if (rollout.isPaused()) {
        scale();
      } else if (Rollback.isWanted(state.deployment())) {
        new Rollback(state).run();
      } else if (rollout.isScaling(state.sets())) {
        scale();
      } else {
        return rollout.isRolling() ? roll() : recreate();
      }
    }
    return null;
  }

  /** Stops the progress deadline's clock while the Deployment is paused. */
  private boolean pauseOrResume() {
    KubeObject deployment = state.deployment();
    if (!DeploymentStatus.hasDeadline(deployment)) {
      return false;
    }
    JsonNode condition =
        Conditions.find(deployment.at("status", "conditions"), DeploymentStatus.PROGRESSING);
    String reason = condition == null ? "" : condition.path("reason").asText();
    boolean paused = state.rollout().isPaused();
    if (reason.equals(DeploymentStatus.TIMED_OUT) || paused == reason.equals("DeploymentPaused")) {
      return false;
    }
    state.writeProgressing(
        "Unknown",
        paused ? "DeploymentPaused" : "DeploymentResumed",
        paused ? "Deployment is paused" : "Deployment is resumed");
    return true;
  }

  private void scale() {
    KubeObject unused = newReplicaSet.numbered();
    for (Rollout.Scale scale : state.rollout().scale(state.newSet(), state.old())) {
      state.scale(scale);
    }
    if (state.rollout().isPaused() && !Rollback.isWanted(state.deployment())) {
      cleanup();
    }
    state.writeStatus(state.counts());
  }

  private @Nullable Duration roll() {
    KubeObject current = newReplicaSet.numberedOrCreated();
    if (current == null) {
      return null;
    }
    Rollout.Scale grow = state.rollout().growNew(state.sets(), current);
    if (grow != null) {
      state.scale(grow);
      return writeProgress();
    }
    List<Rollout.Scale> shrink =
        state.rollout().shrinkOld(state.sets(), Rollout.active(state.old()), current);
    if (!shrink.isEmpty()) {
      shrink.forEach(state::scale);
      return writeProgress();
    }
    return finish();
  }

  private @Nullable Duration recreate() {
    KubeObject unused = newReplicaSet.numbered();
    List<KubeObject> active = Rollout.active(state.old());
    if (!active.isEmpty()) {
      active.forEach(set -> state.scale(new Rollout.Scale(set, 0)));
      return writeProgress();
    }
    if (oldPodsLeft()) {
      return writeProgress();
    }
    KubeObject current = newReplicaSet.numberedOrCreated();
    if (current == null) {
      return null;
    }
    if (Rollout.specReplicas(current) != state.rollout().replicas()) {
      state.scale(new Rollout.Scale(current, state.rollout().replicas()));
    }
    return finish();
  }

  private boolean oldPodsLeft() {
    for (KubeObject set : state.old()) {
      if (set.at("status", "replicas").asInt() > 0) {
        return true;
      }
      for (KubeObject pod : Pods.controlledBy(pods, set.uid())) {
        if (!Pods.isFinished(pod)) {
          return true;
        }
      }
    }
    return false;
  }

  private @Nullable Duration finish() {
    KubeObject deployment = state.deployment();
    if (DeploymentStatus.isComplete(deployment.at("status"), deployment, state.rollout())) {
      cleanup();
    }
    return writeProgress();
  }

  private void cleanup() {
    JsonNode limit = state.deployment().at("spec", "revisionHistoryLimit");
    if (!limit.isNumber() || limit.asInt() == Integer.MAX_VALUE) {
      return;
    }
    for (KubeObject set : Revisions.beyondLimit(state.old(), limit.asInt())) {
      try {
        context
            .client()
            .delete(
                Resources.REPLICA_SETS, set.namespace(), set.name(), DeleteOptions.uid(set.uid()));
      } catch (StatusException e) {
        if (!e.isNotFound() && !e.isConflict()) {
          throw e;
        }
      }
    }
  }

  private @Nullable Duration writeProgress() {
    ObjectNode status = state.counts();
    DeploymentStatus.progress(
        status, state.deployment(), state.rollout(), state.sets(), state.newSet(), state.now());
    state.writeStatus(status);
    Duration left = DeploymentStatus.deadlineIn(state.deployment(), state.now());
    return left == null ? null : left.plusSeconds(1);
  }
}
