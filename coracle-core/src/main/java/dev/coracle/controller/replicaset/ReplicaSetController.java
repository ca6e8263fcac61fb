package dev.coracle.controller.replicaset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Batches;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Creates and deletes Pods until a ReplicaSet (or ReplicationController) has as many as it wants.
 */
public final class ReplicaSetController implements Controller {

  /** No more Pods than this are created or deleted in one go. */
  private static final int BURST = 500;

  private final ReplicaKind kind;
  private final ControllerContext context;
  private final SharedInformer owners;
  private final SharedInformer pods;
  private final PodControl podControl;
  private final Expectations expectations;
  private final Work<ObjectKey> work;

  public ReplicaSetController(ReplicaKind kind, ControllerContext context) {
    this.kind = kind;
    this.context = context;
    this.owners = context.informers().of(kind.resource());
    this.pods = context.informers().of(Resources.PODS);
    this.podControl = new PodControl(context);
    this.expectations = new Expectations();
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
    work.watch(owners, new OwnerHandler());
    work.watch(pods, new PodHandler());
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private final class OwnerHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject owner) {
      work.queue().add(ObjectKey.of(owner));
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.uid().equals(now.uid())) {
        deleted(before);
      }
      work.queue().add(ObjectKey.of(now));
    }

    @Override
    public void deleted(KubeObject last) {
      expectations.forget(ObjectKey.of(last));
      work.queue().add(ObjectKey.of(last));
    }
  }

  private final class PodHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject pod) {
      if (pod.isDeleting()) {
        deleted(pod);
        return;
      }
      KubeObject owner = ownerOf(pod);
      if (owner != null) {
        expectations.creationObserved(ObjectKey.of(owner));
        work.queue().add(ObjectKey.of(owner));
      } else if (pod.controllerRef() == null) {
        enqueueMatching(pod);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.uid().equals(now.uid())) {
        deleted(before);
        added(now);
        return;
      }
      if (now.isDeleting()) {
        deleted(now);
        return;
      }
      KubeObject formerOwner = ownerOf(before);
      KubeObject owner = ownerOf(now);
      if (formerOwner != null && formerOwner != owner) {
        work.queue().add(ObjectKey.of(formerOwner));
      }
      if (owner != null) {
        work.queue().add(ObjectKey.of(owner));
        int minReady = owner.at("spec", "minReadySeconds").asInt();
        if (minReady > 0 && !Pods.isReady(before) && Pods.isReady(now)) {
          work.queue().addAfter(ObjectKey.of(owner), Duration.ofSeconds(minReady + 1L));
        }
      } else if (now.controllerRef() == null
          && (!before.labels().equals(now.labels()) || before.controllerRef() != null)) {
        enqueueMatching(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      KubeObject owner = ownerOf(last);
      if (owner != null) {
        expectations.deletionObserved(ObjectKey.of(owner), last.uid());
        work.queue().add(ObjectKey.of(owner));
      }
    }
  }

  private @Nullable KubeObject ownerOf(KubeObject pod) {
    OwnerReference reference = pod.controllerRef();
    if (reference == null) {
      return null;
    }
    KubeObject owner = owners.get(pod.namespace(), reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }

  private void enqueueMatching(KubeObject orphan) {
    for (KubeObject owner : owners.list(orphan.namespace())) {
      if (kind.selector(owner).matches(orphan.labels())) {
        work.queue().add(ObjectKey.of(owner));
      }
    }
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
    Outcome outcome = owner.isDeleting() ? new Outcome(0, null) : manage(key, owner, active);
    Instant now = context.clock().instant();
    ObjectNode status =
        ReplicaStatus.of(
            owner,
            active,
            kind == ReplicaKind.REPLICA_SET ? terminating : -1,
            outcome.failure,
            outcome.difference,
            now);
    KubeObject written = writeStatus(owner, status);
    int minReady = owner.at("spec", "minReadySeconds").asInt();
    if (minReady > 0
        && status.path("readyReplicas").asInt() == wanted(owner)
        && status.path("availableReplicas").asInt() != wanted(owner)) {
      work.queue().addAfter(ObjectKey.of(written), Duration.ofSeconds(minReady));
    }
    if (outcome.failure != null) {
      throw outcome.failure;
    }
  }

  private static int wanted(KubeObject owner) {
    return owner.at("spec", "replicas").asInt(1);
  }

  /**
   * @param difference active Pods minus wanted ones
   */
  private record Outcome(int difference, @Nullable StatusException failure) {}

  private Outcome manage(ObjectKey key, KubeObject owner, List<KubeObject> active)
      throws InterruptedException {
    int difference = active.size() - wanted(owner);
    if (difference < 0) {
      return new Outcome(difference, create(key, owner, Math.min(-difference, BURST)));
    }
    if (difference > 0) {
      return new Outcome(difference, delete(key, owner, active, Math.min(difference, BURST)));
    }
    return new Outcome(0, null);
  }

  private @Nullable StatusException create(ObjectKey key, KubeObject owner, int count)
      throws InterruptedException {
    expectations.expectCreations(key, count);
    AtomicInteger unanswered = new AtomicInteger(count);
    Batches.Result result =
        Batches.slowStart(
            count,
            index -> {
              try {
                podControl.create(
                    owner, PodControl.fromTemplate(owner, owner.at("spec", "template")));
                unanswered.decrementAndGet();
              } catch (StatusException e) {
                if (PodControl.isNamespaceTerminating(e)) {
                  return;
                }
                throw e;
              }
            });
    for (int i = unanswered.get(); i > 0; i--) {
      expectations.creationObserved(key);
    }
    return result.failure();
  }

  private @Nullable StatusException delete(
      ObjectKey key, KubeObject owner, List<KubeObject> active, int count)
      throws InterruptedException {
    List<KubeObject> doomed =
        PodRanking.toDelete(active, related(owner, active), count, context.clock().instant());
    expectations.expectDeletions(key, doomed.stream().map(KubeObject::uid).toList());
    return Batches.parallel(
            doomed.size(),
            index -> {
              KubeObject pod = doomed.get(index);
              try {
                podControl.delete(owner, pod);
                if (pods.get(pod.namespace(), pod.name()) == null) {
                  expectations.deletionObserved(key, pod.uid());
                }
              } catch (StatusException e) {
                expectations.deletionObserved(key, pod.uid());
                throw e;
              }
            })
        .failure();
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

  private KubeObject writeStatus(KubeObject owner, ObjectNode status) {
    if (Trees.same(status, owner.at("status"))) {
      return owner;
    }
    ObjectNode tree = owner.mutableTree();
    tree.set("status", status);
    return context.client().updateStatus(kind.resource(), owner.namespace(), owner.name(), tree);
  }
}
