package dev.coracle.controller.replicaset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ExpectedPods;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.OwnedHandler;
import dev.coracle.controller.OwnerHandler;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Statuses;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Creates and deletes Pods until a ReplicaSet (or ReplicationController) has as many as it wants.
 */
public final class ReplicaSetController implements Controller {

  private final ReplicaKind kind;
  private final ControllerContext context;
  private final SharedInformer owners;
  private final SharedInformer pods;
  private final Expectations expectations;
  private final ExpectedPods podControl;
  private final Work<ObjectKey> work;

  public ReplicaSetController(ReplicaKind kind, ControllerContext context) {
    this.kind = kind;
    this.context = context;
    this.owners = context.informers().of(kind.resource());
    this.pods = context.informers().of(Resources.PODS);
    this.expectations = new Expectations();
    this.podControl = new ExpectedPods(context, expectations, pods);
    this.work = new Work<>(name(), context.clock(), 5, this::sync);
  }

  @Override
  public String name() {
    return kind.controller();
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(pods);
    Pods.index(owners);
    owners.awaitSync();
    work.watch(owners, new OwnerHandler(work.queue(), expectations));
    work.watch(pods, new OwnedHandler(owners, this::wants, work.queue(), expectations));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private boolean wants(KubeObject owner, KubeObject orphan) {
    return kind.selector(owner).matches(orphan.labels());
  }

  private void sync(ObjectKey key) throws InterruptedException {
    KubeObject owner = owners.get(key.namespace(), key.name());
    if (owner == null) {
      expectations.forget(key);
      return;
    }
    if (!expectations.satisfied(key)) {
      // The cache doesn't show yet what was done: a status of it would say less than there is.
      return;
    }
    LabelSelector selector = kind.selector(owner);
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(pods, owner.uid()));
    int terminating = (int) candidates.stream().filter(Pods::isTerminating).count();
    candidates.addAll(Pods.orphans(pods, key.namespace()));
    candidates.removeIf(pod -> !Pods.isActive(pod));
    List<KubeObject> active =
        Owners.claim(
            context.client(), kind.resource(), owner, selector, Resources.PODS, candidates);
    Instant now = context.clock().instant();
    ReplicaDecision decision = ReplicaDecision.of(owner, active, () -> related(owner, active), now);
    StatusException failure =
        decision.create() > 0
            ? podControl
                .create(
                    owner,
                    decision.create(),
                    index -> PodControl.fromTemplate(owner, owner.at("spec", "template")))
                .failure()
            : podControl.delete(owner, decision.delete());
    ObjectNode status =
        ReplicaStatus.of(
            owner,
            active,
            kind == ReplicaKind.REPLICA_SET ? terminating : -1,
            failure,
            decision.difference(),
            now);
    KubeObject written = Statuses.write(context.client(), kind.resource(), owner, status);
    Duration left = Pods.availableIn(active, owner.at("spec", "minReadySeconds").asInt(), now);
    if (left != null) {
      work.queue().addAfter(ObjectKey.of(written), left);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** The active Pods of all ReplicaSets of the same Deployment: they count for the spread. */
  private List<KubeObject> related(KubeObject owner, List<KubeObject> active) {
    OwnerReference deployment = owner.controllerRef();
    if (deployment == null) {
      return active;
    }
    List<KubeObject> related = new ArrayList<>();
    for (KubeObject sibling : Pods.controlledBy(owners, deployment.uid())) {
      for (KubeObject pod : Pods.controlledBy(pods, sibling.uid())) {
        if (Pods.isActive(pod)) {
          related.add(pod);
        }
      }
    }
    return related;
  }
}
