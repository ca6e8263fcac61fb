package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.TemplateHash;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives a Deployment's template a ReplicaSet and moves its Pods there: rolling or by recreation,
 * with history, pauses and a deadline.
 */
public final class DeploymentController implements Controller {

  private final ControllerContext context;
  private final SharedInformer deployments;
  private final SharedInformer replicaSets;
  private final SharedInformer pods;
  private final Work<ObjectKey> work;

  public DeploymentController(ControllerContext context) {
    this.context = context;
    this.deployments = context.informers().of(Resources.DEPLOYMENTS);
    this.replicaSets = context.informers().of(Resources.REPLICA_SETS);
    this.pods = context.informers().of(Resources.PODS);
    this.work = new Work<>(name(), context.clock(), 5, this::sync);
  }

  @Override
  public String name() {
    return "deployment-controller";
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(pods);
    Pods.index(replicaSets);
    deployments.awaitSync();
    replicaSets.awaitSync();
    work.watch(deployments, deployment -> work.queue().add(ObjectKey.of(deployment)));
    work.watch(replicaSets, new ReplicaSetHandler());
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject object) {}

          @Override
          public void updated(KubeObject before, KubeObject now) {}

          @Override
          public void deleted(KubeObject last) {
            enqueueRecreate(last);
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private final class ReplicaSetHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject set) {
      if (set.controllerRef() != null) {
        enqueueOwner(set);
      } else {
        enqueueMatching(set);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      OwnerReference former = before.controllerRef();
      if (former != null && !former.equals(now.controllerRef())) {
        enqueueOwner(before);
      }
      if (now.controllerRef() != null) {
        enqueueOwner(now);
      } else if (former != null || !before.labels().equals(now.labels())) {
        enqueueMatching(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      enqueueOwner(last);
    }
  }

  private void enqueueOwner(KubeObject set) {
    OwnerReference owner = set.controllerRef();
    if (owner != null && owner.kind().equals("Deployment")) {
      work.queue().add(new ObjectKey(set.namespace(), owner.name()));
    }
  }

  private void enqueueMatching(KubeObject orphan) {
    for (KubeObject deployment : deployments.list(orphan.namespace())) {
      if (LabelSelector.of(deployment.at("spec", "selector")).matches(orphan.labels())) {
        work.queue().add(ObjectKey.of(deployment));
      }
    }
  }

  /** Recreation goes on when the last old Pod is gone. */
  private void enqueueRecreate(KubeObject pod) {
    OwnerReference owner = pod.controllerRef();
    KubeObject set = owner == null ? null : replicaSets.get(pod.namespace(), owner.name());
    OwnerReference deployment = set == null ? null : set.controllerRef();
    KubeObject found =
        deployment == null ? null : deployments.get(pod.namespace(), deployment.name());
    if (found != null && !new Rollout(found).isRolling()) {
      work.queue().add(ObjectKey.of(found));
    }
  }

  private void sync(ObjectKey key) {
    KubeObject deployment = deployments.get(key.namespace(), key.name());
    if (deployment == null) {
      return;
    }
    LabelSelector selector = LabelSelector.of(deployment.at("spec", "selector"));
    if (selector.isEverything()) {
      context
          .events()
          .warning(
              deployment,
              "SelectingAll",
              "This deployment is selecting all pods. A non-empty selector is required.");
      return;
    }
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(replicaSets, deployment.uid()));
    candidates.addAll(Pods.orphans(replicaSets, key.namespace()));
    List<KubeObject> sets =
        Owners.claim(
            context.client(),
            Resources.DEPLOYMENTS,
            deployment,
            selector,
            Resources.REPLICA_SETS,
            candidates);
    new Sync(deployment, sets).run();
  }

  /** One sync, with what it knows of the Deployment and its ReplicaSets and changes on the way. */
  private final class Sync {

    private KubeObject deployment;
    private final List<KubeObject> sets;
    private final Rollout rollout;
    private final Instant now = context.clock().instant();
    private @Nullable KubeObject newSet;

    Sync(KubeObject deployment, List<KubeObject> sets) {
      this.deployment = deployment;
      this.sets = new ArrayList<>(sets);
      this.rollout = new Rollout(deployment);
    }

    void run() {
      newSet = Revisions.find(deployment, sets);
      if (deployment.isDeleting()) {
        writeStatus(counts());
        return;
      }
      if (pauseOrResume()) {
        return; // the change comes back as an event
      }
      if (!deployment.at("metadata", "annotations").path(Revisions.ROLLBACK_TO).isMissingNode()) {
        rollback();
        return;
      }
      if (rollout.isPaused() || rollout.isScaling(sets)) {
        scale();
      } else if (rollout.isRolling()) {
        roll();
      } else {
        recreate();
      }
    }

    private List<KubeObject> old() {
      KubeObject current = newSet;
      return sets.stream()
          .filter(set -> current == null || !set.uid().equals(current.uid()))
          .toList();
    }

    private ObjectNode counts() {
      return DeploymentStatus.counts(deployment, rollout, sets, newSet, Timestamps.seconds(now));
    }

    /** Stops the progress deadline's clock while the Deployment is paused. */
    private boolean pauseOrResume() {
      if (!DeploymentStatus.hasDeadline(deployment)) {
        return false;
      }
      JsonNode condition =
          Conditions.find(deployment.at("status", "conditions"), DeploymentStatus.PROGRESSING);
      String reason = condition == null ? "" : condition.path("reason").asText();
      if (reason.equals(DeploymentStatus.TIMED_OUT)) {
        return false;
      }
      boolean known = reason.equals("DeploymentPaused");
      if (rollout.isPaused() == known) {
        return false;
      }
      ObjectNode tree = deployment.mutableTree();
      ArrayNode conditions = tree.withObject("/status").withArray("/conditions");
      DeploymentStatus.set(
          conditions,
          DeploymentStatus.PROGRESSING,
          "Unknown",
          rollout.isPaused() ? "DeploymentPaused" : "DeploymentResumed",
          rollout.isPaused() ? "Deployment is paused" : "Deployment is resumed",
          Timestamps.seconds(now));
      updateStatus(tree);
      return true;
    }

    private void scale() {
      annotate(false);
      for (Rollout.Scale scale : rollout.scale(newSet, old())) {
        apply(scale);
      }
      if (rollout.isPaused()) {
        cleanup();
      }
      writeStatus(counts());
    }

    private void roll() {
      KubeObject current = annotate(true);
      if (current == null) {
        return;
      }
      Rollout.Scale grow = rollout.growNew(sets, current);
      if (grow != null) {
        apply(grow);
        writeProgress();
        return;
      }
      List<Rollout.Scale> shrink = rollout.shrinkOld(sets, Rollout.active(old()), current);
      if (!shrink.isEmpty()) {
        shrink.forEach(this::apply);
        writeProgress();
        return;
      }
      finish();
    }

    private void recreate() {
      List<KubeObject> active = Rollout.active(old());
      if (!active.isEmpty()) {
        annotate(false);
        active.forEach(set -> apply(new Rollout.Scale(set, 0)));
        writeProgress();
        return;
      }
      if (oldPodsLeft()) {
        writeProgress();
        return;
      }
      KubeObject current = annotate(true);
      if (current == null) {
        return;
      }
      if (Rollout.specReplicas(current) != rollout.replicas()) {
        apply(new Rollout.Scale(current, rollout.replicas()));
      }
      finish();
    }

    private boolean oldPodsLeft() {
      for (KubeObject set : old()) {
        for (KubeObject pod : Pods.controlledBy(pods, set.uid())) {
          if (!Pods.isFinished(pod)) {
            return true;
          }
        }
      }
      return false;
    }

    private void finish() {
      if (DeploymentStatus.isComplete(deployment.at("status"), deployment, rollout)) {
        cleanup();
      }
      writeProgress();
    }

    private void cleanup() {
      JsonNode limit = deployment.at("spec", "revisionHistoryLimit");
      if (!limit.isNumber() || limit.asInt() == Integer.MAX_VALUE) {
        return;
      }
      for (KubeObject set : Revisions.beyondLimit(old(), limit.asInt())) {
        try {
          context
              .client()
              .delete(
                  Resources.REPLICA_SETS,
                  set.namespace(),
                  set.name(),
                  DeleteOptions.uid(set.uid()));
        } catch (StatusException e) {
          if (!e.isNotFound() && !e.isConflict()) {
            throw e;
          }
        }
      }
    }

    /**
     * Numbers the new ReplicaSet and the Deployment.
     *
     * @param create whether to make the new ReplicaSet when it is not there
     * @return the new ReplicaSet; null when it is not there (or its name is taken: the sync comes
     *     again)
     */
    private @Nullable KubeObject annotate(boolean create) {
      long revision = Revisions.newest(old()) + 1;
      KubeObject current = newSet;
      if (current != null) {
        ObjectNode tree = current.mutableTree();
        boolean changed = Revisions.annotateNew(tree, deployment, revision, rollout);
        int minReady = deployment.at("spec", "minReadySeconds").asInt();
        if (current.at("spec", "minReadySeconds").asInt() != minReady) {
          tree.withObject("/spec").put("minReadySeconds", minReady);
          changed = true;
        }
        if (changed) {
          current = update(tree);
        }
        number(Revisions.revision(current));
        noteProgress("FoundNewReplicaSet", "Found new replica set \"" + current.name() + "\"");
        return current;
      }
      if (!create) {
        return null;
      }
      return createNew(revision);
    }

    private @Nullable KubeObject createNew(long revision) {
      int collisions = deployment.at("status", "collisionCount").asInt();
      String hash = TemplateHash.of(deployment.at("spec", "template"), collisions);
      ObjectNode tree = Revisions.newReplicaSet(deployment, hash);
      tree.withObject("/metadata")
          .putArray("ownerReferences")
          .add(Owners.controllerRef(deployment));
      int replicas = rollout.newReplicas(sets, 0);
      tree.withObject("/spec").put("replicas", replicas);
      Revisions.annotateNew(tree, deployment, revision, rollout);
      KubeObject created;
      try {
        created = context.client().create(Resources.REPLICA_SETS, deployment.namespace(), tree);
      } catch (StatusException e) {
        if (!e.isAlreadyExists()) {
          failedCreate(e);
          throw e;
        }
        KubeObject there =
            context
                .client()
                .get(
                    Resources.REPLICA_SETS,
                    deployment.namespace(),
                    tree.path("metadata").path("name").asText());
        if (!Owners.isControlledBy(there, deployment)
            || Revisions.find(deployment, List.of(there)) == null) {
          ObjectNode status = deployment.mutableTree();
          status.withObject("/status").put("collisionCount", collisions + 1);
          updateStatus(status);
          return null;
        }
        sets.add(there);
        newSet = there;
        return annotate(false);
      }
      sets.add(created);
      newSet = created;
      if (replicas > 0) {
        context
            .events()
            .normal(
                deployment,
                "ScalingReplicaSet",
                "Scaled up replica set " + created.name() + " from 0 to " + replicas);
      }
      number(revision);
      noteProgress("NewReplicaSetCreated", "Created new replica set \"" + created.name() + "\"");
      return created;
    }

    private void failedCreate(StatusException failure) {
      if (!DeploymentStatus.hasDeadline(deployment)) {
        return;
      }
      ObjectNode tree = deployment.mutableTree();
      DeploymentStatus.set(
          tree.withObject("/status").withArray("/conditions"),
          DeploymentStatus.PROGRESSING,
          "False",
          "ReplicaSetCreateError",
          "Failed to create new replica set: " + failure.status().message(),
          Timestamps.seconds(now));
      updateStatus(tree);
    }

    /** Writes the revision into the Deployment's annotations. */
    private void number(long revision) {
      if (Revisions.revision(deployment) == revision) {
        return;
      }
      ObjectNode tree = deployment.mutableTree();
      tree.withObject("/metadata")
          .withObject("/annotations")
          .put(Revisions.REVISION, Long.toString(revision));
      deployment =
          context
              .client()
              .update(Resources.DEPLOYMENTS, deployment.namespace(), deployment.name(), tree);
    }

    /** A new ReplicaSet is progress in itself; the condition is written with the next status. */
    private void noteProgress(String reason, String message) {
      if (!DeploymentStatus.hasDeadline(deployment)) {
        return;
      }
      boolean created = reason.equals("NewReplicaSetCreated");
      if (!created
          && Conditions.find(deployment.at("status", "conditions"), DeploymentStatus.PROGRESSING)
              != null) {
        return;
      }
      ObjectNode tree = deployment.mutableTree();
      DeploymentStatus.set(
          tree.withObject("/status").withArray("/conditions"),
          DeploymentStatus.PROGRESSING,
          "True",
          reason,
          message,
          Timestamps.seconds(now));
      updateStatus(tree);
    }

    private void apply(Rollout.Scale scale) {
      KubeObject set = scale.replicaSet();
      int before = Rollout.specReplicas(set);
      ObjectNode tree = set.mutableTree();
      boolean annotated = Revisions.annotateReplicas(tree, rollout);
      if (before == scale.replicas() && !annotated) {
        return;
      }
      tree.withObject("/spec").put("replicas", scale.replicas());
      KubeObject written = update(tree);
      if (before != scale.replicas()) {
        context
            .events()
            .normal(
                deployment,
                "ScalingReplicaSet",
                "Scaled "
                    + (before < scale.replicas() ? "up" : "down")
                    + " replica set "
                    + written.name()
                    + " from "
                    + before
                    + " to "
                    + scale.replicas());
      }
    }

    /** Writes a ReplicaSet and remembers it as it is now. */
    private KubeObject update(ObjectNode tree) {
      KubeObject written =
          context
              .client()
              .update(
                  Resources.REPLICA_SETS,
                  deployment.namespace(),
                  tree.path("metadata").path("name").asText(),
                  tree);
      sets.replaceAll(set -> set.uid().equals(written.uid()) ? written : set);
      if (newSet != null && newSet.uid().equals(written.uid())) {
        newSet = written;
      }
      return written;
    }

    private void rollback() {
      long revision = deployment.at("metadata", "annotations").path(Revisions.ROLLBACK_TO).asLong();
      if (revision == 0) {
        KubeObject current = newSet;
        revision =
            sets.stream()
                .mapToLong(Revisions::revision)
                .filter(r -> current == null || r != Revisions.revision(current))
                .max()
                .orElse(0);
      }
      ObjectNode tree = deployment.mutableTree();
      tree.withObject("/metadata").withObject("/annotations").remove(Revisions.ROLLBACK_TO);
      long wanted = revision;
      KubeObject target =
          sets.stream().filter(set -> Revisions.revision(set) == wanted).findFirst().orElse(null);
      if (target == null) {
        context
            .events()
            .warning(
                deployment,
                "DeploymentRollbackRevisionNotFound",
                "Unable to find the revision to rollback to.");
      } else {
        tree.withObject("/spec")
            .set("template", Revisions.withoutHash(target.at("spec", "template")).deepCopy());
        context
            .events()
            .normal(
                deployment,
                "DeploymentRollback",
                "Rolled back deployment \"" + deployment.name() + "\" to revision " + wanted);
      }
      context
          .client()
          .update(Resources.DEPLOYMENTS, deployment.namespace(), deployment.name(), tree);
    }

    private void writeProgress() {
      ObjectNode status = counts();
      DeploymentStatus.progress(status, deployment, rollout, sets, newSet, now);
      writeStatus(status);
      Duration left = DeploymentStatus.deadlineIn(deployment, now);
      if (left != null) {
        work.queue().addAfter(ObjectKey.of(deployment), left.plusSeconds(1));
      }
    }

    private void writeStatus(ObjectNode status) {
      if (!Trees.same(status, deployment.at("status"))) {
        ObjectNode tree = deployment.mutableTree();
        tree.set("status", status);
        updateStatus(tree);
      }
    }

    private void updateStatus(ObjectNode tree) {
      deployment =
          context
              .client()
              .updateStatus(Resources.DEPLOYMENTS, deployment.namespace(), deployment.name(), tree);
    }
  }
}
