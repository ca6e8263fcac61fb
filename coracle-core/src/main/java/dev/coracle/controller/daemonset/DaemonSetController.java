package dev.coracle.controller.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
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
import dev.coracle.controller.History;
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
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keeps one Pod of a DaemonSet on each node where it belongs, and rolls out its template. */
public final class DaemonSetController implements Controller {

  /** The source of its events; its ServiceAccount has another name. */
  public static final String NAME = "daemonset-controller";

  public static final String ACCOUNT = "daemon-set-controller";

  private static final int BURST = 250;

  private final ControllerContext context;
  private final SharedInformer daemonSets;
  private final SharedInformer pods;
  private final SharedInformer nodes;
  private final PodControl podControl;
  private final Expectations expectations;
  private final History history;
  private final FailedPods failedPods = new FailedPods();
  private final Work<ObjectKey> work;

  public DaemonSetController(ControllerContext context) {
    this.context = context;
    this.daemonSets = context.informers().of(Resources.DAEMON_SETS);
    this.pods = context.informers().of(Resources.PODS);
    this.nodes = context.informers().of(Resources.NODES);
    this.podControl = new PodControl(context);
    this.expectations = new Expectations();
    this.history = new History(context, Resources.DAEMON_SETS, DaemonDecision.HASH_LABEL);
    this.work = new Work<>(name(), context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(pods);
    history.await();
    nodes.awaitSync();
    daemonSets.awaitSync();
    work.watch(daemonSets, new SetHandler());
    work.watch(history.informer(), new RevisionHandler());
    work.watch(nodes, new NodeHandler());
    work.watch(pods, new PodHandler());
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private final class SetHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject set) {
      work.queue().add(ObjectKey.of(set));
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.uid().equals(now.uid())) {
        expectations.forget(ObjectKey.of(before));
      }
      work.queue().add(ObjectKey.of(now));
    }

    @Override
    public void deleted(KubeObject last) {
      expectations.forget(ObjectKey.of(last));
      work.queue().add(ObjectKey.of(last));
    }
  }

  /** A revision that was deleted is made anew; one that lost its owner is adopted. */
  private final class RevisionHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject revision) {
      if (revision.controllerRef() == null) {
        enqueueMatching(revision);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!Objects.equals(before.controllerRef(), now.controllerRef())) {
        deleted(before);
      }
      if (now.controllerRef() != null) {
        deleted(now);
      } else if (before.controllerRef() != null || !before.labels().equals(now.labels())) {
        enqueueMatching(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      KubeObject owner = ownerOf(last);
      if (owner != null) {
        work.queue().add(ObjectKey.of(owner));
      }
    }
  }

  private final class NodeHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject node) {
      daemonSets.list("").forEach(set -> work.queue().add(ObjectKey.of(set)));
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.labels().equals(now.labels())
          || !before.at("spec", "taints").equals(now.at("spec", "taints"))) {
        added(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      added(last);
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
      KubeObject former = ownerOf(before);
      KubeObject owner = ownerOf(now);
      if (former != null && former != owner) {
        work.queue().add(ObjectKey.of(former));
      }
      if (owner != null) {
        work.queue().add(ObjectKey.of(owner));
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

  private @Nullable KubeObject ownerOf(KubeObject owned) {
    OwnerReference reference = owned.controllerRef();
    if (reference == null || !reference.kind().equals("DaemonSet")) {
      return null;
    }
    KubeObject owner = daemonSets.get(owned.namespace(), reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }

  private void enqueueMatching(KubeObject orphan) {
    for (KubeObject set : daemonSets.list(orphan.namespace())) {
      if (LabelSelector.of(set.at("spec", "selector")).matches(orphan.labels())) {
        work.queue().add(ObjectKey.of(set));
      }
    }
  }

  private void sync(ObjectKey key) throws InterruptedException {
    KubeObject set = daemonSets.get(key.namespace(), key.name());
    if (set == null) {
      expectations.forget(key);
      return;
    }
    LabelSelector selector = LabelSelector.of(set.at("spec", "selector"));
    if (selector.isEverything()) {
      context
          .events()
          .warning(
              set,
              "SelectingAll",
              "This daemon set is selecting all pods. A non-empty selector is required.");
      return;
    }
    if (set.isDeleting()) {
      return;
    }
    History.Revisions revisions = history.sync(set, selector);
    String hash = revisions.current().labels().getOrDefault(DaemonDecision.HASH_LABEL, "");
    // before the cache is read: what it shows then is no older than what was observed
    boolean caughtUp = expectations.satisfied(key);
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(pods, set.uid()));
    candidates.addAll(Pods.orphans(pods, key.namespace()));
    List<KubeObject> own =
        Owners.claim(
            context.client(), Resources.DAEMON_SETS, set, selector, Resources.PODS, candidates);
    Instant now = context.clock().instant();
    DaemonDecision decision = new DaemonDecision(set, nodes.list(""), own, hash, now);
    long observed = set.at("status", "observedGeneration").asLong();
    StatusException failure = null;
    if (caughtUp) {
      failure = act(key, set, hash, decision, now);
      observed = set.generation();
      if (failure == null) {
        history.delete(doomed(set, revisions, own));
      }
    }
    writeStatus(set, decision.status(observed), revisions.collisions());
    Duration left = Pods.availableIn(own, set.at("spec", "minReadySeconds").asInt(), now);
    if (left != null) {
      work.queue().addAfter(key, left);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** The oldest revisions beyond the limit that no Pod has; those that Pods have count as well. */
  private static List<KubeObject> doomed(
      KubeObject set, History.Revisions revisions, List<KubeObject> own) {
    Set<String> live = new HashSet<>();
    own.forEach(pod -> live.add(pod.labels().getOrDefault(DaemonDecision.HASH_LABEL, "")));
    return revisions.old().stream()
        .filter(r -> !live.contains(r.labels().getOrDefault(DaemonDecision.HASH_LABEL, "")))
        .limit(Math.max(0, revisions.old().size() - History.limit(set)))
        .toList();
  }

  private @Nullable StatusException act(
      ObjectKey key, KubeObject set, String hash, DaemonDecision decision, Instant now)
      throws InterruptedException {
    DaemonDecision.Plan plan = decision.place();
    List<KubeObject> doomed = new ArrayList<>(plan.delete());
    for (KubeObject pod : plan.succeeded()) {
      String what = "Found succeeded daemon pod " + pod.key() + " on node ";
      context
          .events()
          .normal(set, "SucceededDaemonPod", what + Pods.nodeName(pod) + ", will try to delete it");
      doomed.add(pod);
    }
    for (KubeObject pod : plan.failed()) {
      String node = DaemonPlacement.nodeOf(pod);
      Duration left = failedPods.delay(set, node, now);
      if (left.isPositive()) {
        work.queue().addAfter(key, left);
        continue;
      }
      String what = "Found failed daemon pod " + pod.key() + " on node ";
      context.events().warning(set, "FailedDaemonPod", what + node + ", will try to kill it");
      doomed.add(pod);
    }
    if (!plan.create().isEmpty() || !doomed.isEmpty()) {
      return carryOut(key, set, hash, plan.create(), doomed);
    }
    DaemonDecision.Plan next = decision.roll();
    return carryOut(key, set, hash, next.create(), next.delete());
  }

  private static <T> List<T> first(List<T> list) {
    return list.subList(0, Math.min(BURST, list.size()));
  }

  private @Nullable StatusException carryOut(
      ObjectKey key,
      KubeObject set,
      String hash,
      List<String> nodesToStart,
      List<KubeObject> doomed)
      throws InterruptedException {
    List<String> create = first(nodesToStart);
    List<KubeObject> delete = first(doomed);
    expectations.expectDeletions(key, delete.stream().map(KubeObject::uid).toList());
    expectations.expectCreations(key, create.size());
    AtomicInteger unanswered = new AtomicInteger(create.size());
    Batches.Result created =
        Batches.slowStart(
            create.size(),
            index -> {
              try {
                podControl.create(set, pod(set, hash, create.get(index)));
                unanswered.decrementAndGet();
              } catch (StatusException e) {
                if (!PodControl.isNamespaceTerminating(e)) {
                  throw e;
                }
              }
            });
    for (int i = unanswered.get(); i > 0; i--) {
      expectations.creationObserved(key);
    }
    Batches.Result deleted =
        Batches.parallel(
            delete.size(),
            index -> {
              try {
                podControl.delete(set, delete.get(index));
                KubeObject pod = delete.get(index);
                if (pods.get(pod.namespace(), pod.name()) == null) {
                  expectations.deletionObserved(key, pod.uid());
                }
              } catch (StatusException e) {
                expectations.deletionObserved(key, delete.get(index).uid());
                throw e;
              }
            });
    return created.failure() != null ? created.failure() : deleted.failure();
  }

  private static ObjectNode pod(KubeObject set, String hash, String node) {
    ObjectNode pod = PodControl.fromTemplate(set, set.at("spec", "template"));
    ObjectNode labels = pod.withObject("/metadata").withObject("/labels");
    labels.put(DaemonDecision.HASH_LABEL, hash);
    String generation = DaemonDecision.generation(set);
    if (!generation.isEmpty()) {
      labels.put(DaemonDecision.GENERATION_LABEL, generation);
    }
    DaemonPlacement.place(pod, node);
    return pod;
  }

  private void writeStatus(KubeObject set, ObjectNode status, int collisions) {
    if (collisions > 0 || set.at("status", "collisionCount").isNumber()) {
      status.put("collisionCount", collisions);
    }
    JsonNode conditions = set.at("status", "conditions");
    if (conditions.size() > 0) {
      status.set("conditions", conditions);
    }
    if (!Trees.same(status, set.at("status"))) {
      ObjectNode tree = set.mutableTree();
      tree.set("status", status);
      KubeObject unused =
          context.client().updateStatus(Resources.DAEMON_SETS, set.namespace(), set.name(), tree);
    }
  }
}
