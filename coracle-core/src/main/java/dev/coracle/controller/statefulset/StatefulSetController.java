package dev.coracle.controller.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Batches;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.History;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.OwnedHandler;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Statuses;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Keeps a StatefulSet's Pods, each with its name and claims. Names are fixed, so a lagging cache
 * cannot make one Pod too many: the API refuses the second.
 */
public final class StatefulSetController implements Controller {

  /** How soon to look again whether a former Pod's claims are gone. */
  private static final Duration CLAIMS_LEAVE = Duration.ofSeconds(1);

  private final ControllerContext context;
  private final SharedInformer sets;
  private final SharedInformer pods;
  private final SharedInformer claims;
  private final History history;
  private final StatefulPodControl podControl;
  private final Work<ObjectKey> work;

  public StatefulSetController(ControllerContext context) {
    this.context = context;
    this.sets = context.informers().of(Resources.STATEFUL_SETS);
    this.pods = context.informers().of(Resources.PODS);
    this.claims = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.history = new History(context, Resources.STATEFUL_SETS, "controller.kubernetes.io/hash");
    this.podControl = new StatefulPodControl(context, claims);
    this.work = new Work<>(name(), context.clock(), 5, this::sync);
  }

  @Override
  public String name() {
    return "statefulset-controller";
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(pods);
    history.await();
    claims.awaitSync();
    sets.awaitSync();
    work.watch(sets, set -> work.queue().add(ObjectKey.of(set)));
    work.watch(pods, new OwnedHandler(sets, StatefulSetController::wants, work.queue(), null));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private static boolean wants(KubeObject set, KubeObject orphan) {
    return StatefulPods.ordinal(set, orphan) >= 0 && OwnedHandler.selects(set, orphan);
  }

  private void sync(ObjectKey key) throws InterruptedException {
    KubeObject set = sets.get(key.namespace(), key.name());
    if (set == null) {
      return;
    }
    LabelSelector selector = LabelSelector.of(set.at("spec", "selector"));
    // one that is being deleted gets no new history: the garbage collector would wait for that
    History.Revisions revisions =
        set.isDeleting() ? history.find(set) : history.sync(set, selector);
    if (revisions == null) {
      return;
    }
    List<KubeObject> own = claimPods(set, selector);
    KubeObject known = revisions.find(set.text("status", "currentRevision"));
    KubeObject current = known == null ? revisions.current() : known;
    Instant now = context.clock().instant();
    StatefulDecision decision =
        new StatefulDecision(set, own, current.name(), revisions.current().name(), now);
    List<KubeObject> replaced = new ArrayList<>();
    StatusException failure = null;
    try {
      carryOut(key, set, decision.plan(), revisions.current(), current, replaced);
    } catch (StatusException e) {
      failure = e;
    }
    writeStatus(set, decision.status(replaced, revisions.collisions()));
    if (!set.isDeleting()) {
      history.delete(doomed(set, revisions, current, own));
    }
    Duration left = Pods.availableIn(own, set.at("spec", "minReadySeconds").asInt(), now);
    if (left != null) {
      work.queue().addAfter(key, left);
    }
    if (failure != null) {
      throw failure;
    }
  }

  private List<KubeObject> claimPods(KubeObject set, LabelSelector selector) {
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(pods, set.uid()));
    for (KubeObject orphan : Pods.orphans(pods, set.namespace())) {
      if (StatefulPods.ordinal(set, orphan) >= 0) {
        candidates.add(orphan);
      }
    }
    return Owners.claim(
        context.client(), Resources.STATEFUL_SETS, set, selector, Resources.PODS, candidates);
  }

  private void carryOut(
      ObjectKey key,
      KubeObject set,
      StatefulDecision.Plan plan,
      KubeObject update,
      KubeObject current,
      List<KubeObject> replaced)
      throws InterruptedException {
    all(plan.finished(), pod -> podControl.delete(set, pod));
    all(
        plan.create(),
        start -> {
          if (podControl.waitsForClaims(set, start.ordinal())) {
            work.queue().addAfter(key, CLAIMS_LEAVE);
          } else {
            podControl.create(set, start.ordinal(), start.update() ? update : current);
          }
        });
    for (KubeObject pod : plan.tend()) {
      podControl.tend(set, pod);
    }
    for (KubeObject pod : plan.beyond()) {
      boolean unused = podControl.own(set, pod);
    }
    all(plan.condemned(), pod -> podControl.delete(set, pod));
    for (KubeObject pod : plan.replace()) {
      podControl.delete(set, pod);
      replaced.add(pod);
    }
  }

  private interface Step<T> {
    void take(T item) throws StatusException;
  }

  private static <T> void all(List<T> items, Step<T> step) throws InterruptedException {
    StatusException failure =
        Batches.slowStart(items.size(), index -> step.take(items.get(index))).failure();
    if (failure != null) {
      throw failure;
    }
  }

  /** The oldest revisions that no Pod has and that are more than the set keeps. */
  private static List<KubeObject> doomed(
      KubeObject set, History.Revisions revisions, KubeObject current, List<KubeObject> own) {
    Set<String> live = new HashSet<>();
    own.forEach(pod -> live.add(StatefulPods.revision(pod)));
    live.add(current.name());
    List<KubeObject> unused =
        Stream.concat(revisions.duplicates().stream(), revisions.old().stream())
            .filter(revision -> !live.contains(revision.name()))
            .sorted(Comparator.comparingLong(History::number))
            .toList();
    return unused.subList(0, Math.max(0, unused.size() - History.limit(set)));
  }

  private void writeStatus(KubeObject set, ObjectNode status) {
    JsonNode conditions = set.at("status", "conditions");
    if (conditions.size() > 0) {
      status.set("conditions", conditions);
    }
    KubeObject unused = Statuses.write(context.client(), Resources.STATEFUL_SETS, set, status);
  }
}
