package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives a Deployment's template a ReplicaSet and moves its Pods there: rolling or by recreation,
 * with history, pauses and a deadline.
 */
public final class DeploymentController implements Controller {

  private final ControllerContext context;
  private final SharedInformer deployments;
  private final SharedInformer replicaSets;
  private final SharedInformer pods;
  private final Expectations expectations = new Expectations();
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
    work.watch(pods, SharedInformer.gone(this::enqueueRecreate));
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
        enqueueOwner(set, set.resourceVersion());
      } else {
        enqueueMatching(set);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      OwnerReference former = before.controllerRef();
      if (former != null && !former.equals(now.controllerRef())) {
        enqueueOwner(before, Long.MAX_VALUE);
      }
      if (now.controllerRef() != null) {
        enqueueOwner(now, now.resourceVersion());
      } else if (former != null || !before.labels().equals(now.labels())) {
        enqueueMatching(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      enqueueOwner(last, Long.MAX_VALUE);
    }
  }

  private void enqueueOwner(KubeObject set, long resourceVersion) {
    OwnerReference owner = set.controllerRef();
    if (owner != null && owner.kind().equals("Deployment")) {
      ObjectKey key = new ObjectKey(set.namespace(), owner.name());
      expectations.writeObserved(key, set.uid(), resourceVersion);
      work.queue().add(key);
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
      expectations.forget(key);
      return;
    }
    if (!expectations.satisfied(key)) {
      // A ReplicaSet that was just grown, seen as it was before, would leave room for a new one.
      work.queue().addAfter(key, Expectations.EXPIRY);
      return;
    }
    LabelSelector selector = LabelSelector.of(deployment.at("spec", "selector"));
    if (selector.isEverything()) {
      refuse(deployment);
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
    DeploymentState state =
        new DeploymentState(context, replicaSets, expectations, deployment, sets);
    Duration again = new DeploymentSync(context, pods, state).run();
    if (again != null) {
      work.queue().addAfter(key, again);
    }
  }

  private void refuse(KubeObject deployment) {
    context
        .events()
        .warning(
            deployment,
            "SelectingAll",
            "This deployment is selecting all pods. A non-empty selector is required.");
    if (deployment.at("status", "observedGeneration").asLong() < deployment.generation()) {
      ObjectNode tree = deployment.mutableTree();
      tree.withObject("/status").put("observedGeneration", deployment.generation());
      KubeObject unused =
          context
              .client()
              .updateStatus(Resources.DEPLOYMENTS, deployment.namespace(), deployment.name(), tree);
    }
  }
}
