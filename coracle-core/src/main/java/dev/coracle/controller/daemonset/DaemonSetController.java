package dev.coracle.controller.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ExpectedPods;
import dev.coracle.controller.History;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
  private final Expectations expectations;
  private final ExpectedPods podControl;
  private final History history;
  private final FailedPods failedPods = new FailedPods();
  private final Work<ObjectKey> work;

  public DaemonSetController(ControllerContext context) {
    this.context = context;
    this.daemonSets = context.informers().of(Resources.DAEMON_SETS);
    this.pods = context.informers().of(Resources.PODS);
    this.nodes = context.informers().of(Resources.NODES);
    this.expectations = new Expectations();
    this.podControl = new ExpectedPods(context, expectations, pods);
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
    work.watch(daemonSets, new OwnerHandler(work.queue(), expectations));
    work.watch(history.informer(), new RevisionHandler());
    work.watch(nodes, new NodeHandler());
    work.watch(pods, owned(expectations));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private OwnedHandler owned(@Nullable Expectations expected) {
    return new OwnedHandler(daemonSets, OwnedHandler::selects, work.queue(), expected);
  }

  /**
   * A revision that was deleted is made anew; one that lost its owner is adopted. A new one that
   * has its owner calls nobody, as in Kubernetes: one made by hand stays until something happens.
   */
  private final class RevisionHandler implements SharedInformer.Handler {

    private final OwnedHandler handler = owned(null);

    @Override
    public void added(KubeObject revision) {
      if (revision.controllerRef() == null) {
        handler.added(revision);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      handler.updated(before, now);
    }

    @Override
    public void deleted(KubeObject last) {
      handler.deleted(last);
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
    String hash = hash(revisions.current());
    // before the cache is read: what it shows then is no older than what was observed
    boolean caughtUp = expectations.satisfied(key);
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(pods, set.uid()));
    candidates.addAll(Pods.orphans(pods, key.namespace()));
    List<KubeObject> own =
        Owners.claim(
            context.client(), Resources.DAEMON_SETS, set, selector, Resources.PODS, candidates);
    if (relabel(own, hash, revisions.duplicates())) {
      return; // the changes come back as events
    }
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

  private static String hash(KubeObject revisionOrPod) {
    return revisionOrPod.labels().getOrDefault(DaemonDecision.HASH_LABEL, "");
  }

  /**
   * Leaves one revision of a template, by which its Pods go.
   *
   * @return whether any Pod went by another
   */
  private boolean relabel(List<KubeObject> own, String hash, List<KubeObject> duplicates) {
    Set<String> others = new HashSet<>();
    duplicates.forEach(revision -> others.add(hash(revision)));
    others.remove(hash);
    boolean any = false;
    for (KubeObject pod : own) {
      if (others.contains(hash(pod))) {
        ObjectNode patch = Json.object();
        patch.putObject("metadata").putObject("labels").put(DaemonDecision.HASH_LABEL, hash);
        KubeObject unused =
            context
                .client()
                .patch(
                    Resources.PODS,
                    pod.namespace(),
                    pod.name(),
                    "",
                    PatchType.MERGE,
                    patch,
                    WriteOptions.NONE);
        any = true;
      }
    }
    history.delete(duplicates);
    return any;
  }

  /** The oldest revisions beyond the limit that no Pod has; those that Pods have count as well. */
  private static List<KubeObject> doomed(
      KubeObject set, History.Revisions revisions, List<KubeObject> own) {
    Set<String> live = new HashSet<>();
    own.forEach(pod -> live.add(hash(pod)));
    return revisions.old().stream()
        .filter(revision -> !live.contains(hash(revision)))
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
      return carryOut(set, hash, plan.create(), doomed);
    }
    DaemonDecision.Plan next = decision.roll();
    return carryOut(set, hash, next.create(), next.delete());
  }

  private static <T> List<T> first(List<T> list) {
    return list.subList(0, Math.min(BURST, list.size()));
  }

  private @Nullable StatusException carryOut(
      KubeObject set, String hash, List<String> nodesToStart, List<KubeObject> doomed)
      throws InterruptedException {
    List<String> create = first(nodesToStart);
    StatusException created =
        podControl.create(set, create.size(), index -> pod(set, hash, create.get(index))).failure();
    StatusException deleted = podControl.delete(set, first(doomed));
    return created != null ? created : deleted;
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
    KubeObject unused = Statuses.write(context.client(), Resources.DAEMON_SETS, set, status);
  }
}
