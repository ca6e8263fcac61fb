package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Deployment and its ReplicaSets as one sync knows them: read once, and kept as it writes them.
 */
final class DeploymentState {

  private final ControllerContext context;
  private final SharedInformer replicaSets;
  private final Expectations expectations;
  private final List<KubeObject> sets;
  private final Rollout rollout;
  private final Instant now;
  private KubeObject deployment;
  private @Nullable KubeObject newSet;

  /**
   * @param expectations told of every write of a ReplicaSet
   */
  DeploymentState(
      ControllerContext context,
      SharedInformer replicaSets,
      Expectations expectations,
      KubeObject deployment,
      List<KubeObject> sets) {
    this.context = context;
    this.replicaSets = replicaSets;
    this.expectations = expectations;
    this.deployment = deployment;
    this.sets = new ArrayList<>(sets);
    this.rollout = new Rollout(deployment);
    this.now = context.clock().instant();
    this.newSet = Revisions.find(deployment, sets);
  }

  KubeObject deployment() {
    return deployment;
  }

  Rollout rollout() {
    return rollout;
  }

  Instant now() {
    return now;
  }

  List<KubeObject> sets() {
    return sets;
  }

  /** The ReplicaSet of the present template; null when there is none. */
  @Nullable KubeObject newSet() {
    return newSet;
  }

  /** The ReplicaSets of other templates. */
  List<KubeObject> old() {
    KubeObject current = newSet;
    return sets.stream()
        .filter(set -> current == null || !set.uid().equals(current.uid()))
        .toList();
  }

  /** Takes a ReplicaSet, just created or found, as that of the present template. */
  void adoptNew(KubeObject set) {
    expect(set);
    sets.add(set);
    newSet = set;
  }

  /** The next sync waits for the cache to show this write, unless it does already. */
  private void expect(KubeObject written) {
    ObjectKey key = ObjectKey.of(deployment);
    expectations.expectWrite(key, written.uid(), written.resourceVersion());
    KubeObject seen = replicaSets.get(written.namespace(), written.name());
    if (seen != null) {
      expectations.writeObserved(key, seen.uid(), seen.resourceVersion());
    }
  }

  KubeObject updateSet(ObjectNode tree) {
    KubeObject written =
        context
            .client()
            .update(
                Resources.REPLICA_SETS,
                deployment.namespace(),
                tree.path("metadata").path("name").asText(),
                tree);
    expect(written);
    sets.replaceAll(set -> set.uid().equals(written.uid()) ? written : set);
    if (newSet != null && newSet.uid().equals(written.uid())) {
      newSet = written;
    }
    return written;
  }

  /** Gives a ReplicaSet its next number of replicas, and notes for which size of the Deployment. */
  void scale(Rollout.Scale scale) {
    KubeObject set = scale.replicaSet();
    int before = Rollout.specReplicas(set);
    ObjectNode tree = set.mutableTree();
    boolean annotated = Revisions.annotateReplicas(tree, rollout);
    if (before == scale.replicas() && !annotated) {
      return;
    }
    tree.withObject("/spec").put("replicas", scale.replicas());
    KubeObject written = updateSet(tree);
    if (before != scale.replicas()) {
      tellScaled(before < scale.replicas() ? "up" : "down", written, before, scale.replicas());
    }
  }

  void tellScaled(String direction, KubeObject set, int before, int after) {
    context
        .events()
        .normal(
            deployment,
            "ScalingReplicaSet",
            "Scaled %s replica set %s from %d to %d"
                .formatted(direction, set.name(), before, after));
  }

  void warn(String reason, String message) {
    context.events().warning(deployment, reason, message);
  }

  void tell(String reason, String message) {
    context.events().normal(deployment, reason, message);
  }

  void update(ObjectNode tree) {
    deployment =
        context
            .client()
            .update(Resources.DEPLOYMENTS, deployment.namespace(), deployment.name(), tree);
  }

  void updateStatus(ObjectNode tree) {
    deployment =
        context
            .client()
            .updateStatus(Resources.DEPLOYMENTS, deployment.namespace(), deployment.name(), tree);
  }

  /** Writes a status when it says anything new. */
  void writeStatus(ObjectNode status) {
    if (!Trees.same(status, deployment.at("status"))) {
      ObjectNode tree = deployment.mutableTree();
      tree.set("status", status);
      updateStatus(tree);
    }
  }

  /** Writes the Progressing condition at once, for those that have a deadline. */
  void writeProgressing(String status, String reason, String message) {
    if (!DeploymentStatus.hasDeadline(deployment)) {
      return;
    }
    ObjectNode tree = deployment.mutableTree();
    DeploymentStatus.set(
        tree.withObject("/status").withArray("/conditions"),
        DeploymentStatus.PROGRESSING,
        status,
        reason,
        message,
        Timestamps.seconds(now));
    updateStatus(tree);
  }

  /** The counts and the Available condition of now. */
  ObjectNode counts() {
    return DeploymentStatus.counts(deployment, rollout, sets, newSet, Timestamps.seconds(now));
  }
}
