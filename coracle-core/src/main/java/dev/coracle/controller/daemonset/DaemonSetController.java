package dev.coracle.controller.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.client.Backoff;
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
import dev.coracle.controller.TemplateHash;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keeps one Pod of a DaemonSet on each node where it belongs, and rolls out its template. */
public final class DaemonSetController implements Controller {

  static final String HASH_LABEL = "controller-revision-hash";
  private static final int BURST = 250;
  private static final Backoff FAILED_PODS =
      new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(15));

  private record Failed(int count, Instant last) {}

  private final ControllerContext context;
  private final SharedInformer daemonSets;
  private final SharedInformer pods;
  private final SharedInformer nodes;
  private final PodControl podControl;
  private final Expectations expectations;
  private final History history;
  private final Map<String, Failed> failed = new ConcurrentHashMap<>();
  private final Work<ObjectKey> work;

  public DaemonSetController(ControllerContext context) {
    this.context = context;
    this.daemonSets = context.informers().of(Resources.DAEMON_SETS);
    this.pods = context.informers().of(Resources.PODS);
    this.nodes = context.informers().of(Resources.NODES);
    this.podControl = new PodControl(context);
    this.expectations = new Expectations();
    this.history = new History(context);
    this.work = new Work<>(name(), context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return "daemon-set-controller";
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(pods);
    history.await();
    nodes.awaitSync();
    work.watch(daemonSets, set -> work.queue().add(ObjectKey.of(set)));
    work.watch(nodes, new NodeHandler());
    work.watch(pods, new PodHandler());
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
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
      KubeObject owner = ownerOf(pod);
      if (owner != null) {
        if (pod.isDeleting()) {
          expectations.deletionObserved(ObjectKey.of(owner), pod.uid());
        } else {
          expectations.creationObserved(ObjectKey.of(owner));
        }
        work.queue().add(ObjectKey.of(owner));
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      KubeObject owner = ownerOf(now);
      if (owner != null) {
        if (now.isDeleting()) {
          expectations.deletionObserved(ObjectKey.of(owner), now.uid());
        }
        work.queue().add(ObjectKey.of(owner));
      }
      KubeObject former = ownerOf(before);
      if (former != null && former != owner) {
        work.queue().add(ObjectKey.of(former));
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
    if (reference == null || !reference.kind().equals("DaemonSet")) {
      return null;
    }
    KubeObject owner = daemonSets.get(pod.namespace(), reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }

  private void sync(ObjectKey key) throws InterruptedException {
    KubeObject set = daemonSets.get(key.namespace(), key.name());
    if (set == null) {
      expectations.forget(key);
      return;
    }
    LabelSelector selector = LabelSelector.of(set.at("spec", "selector"));
    if (selector.isEverything() || set.isDeleting()) {
      return;
    }
    History.Revisions revisions =
        history.sync(
            set,
            selector,
            collisions -> TemplateHash.of(set.at("spec", "template"), collisions),
            HASH_LABEL);
    String hash = revisions.current().labels().getOrDefault(HASH_LABEL, "");
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(pods, set.uid()));
    for (KubeObject orphan : Pods.orphans(pods, key.namespace())) {
      if (selector.matches(orphan.labels())) {
        candidates.add(orphan);
      }
    }
    List<KubeObject> own =
        Owners.claim(
            context.client(), Resources.DAEMON_SETS, set, selector, Resources.PODS, candidates);
    Instant now = context.clock().instant();
    DaemonDecision decision = new DaemonDecision(set, nodes.list(""), own, hash, now);
    StatusException failure = null;
    if (expectations.satisfied(key)) {
      DaemonDecision.Plan plan = decision.plan();
      failure = carryOut(key, set, hash, plan, now);
    }
    writeStatus(set, decision.status());
    Set<String> live = new HashSet<>();
    own.forEach(pod -> live.add(pod.labels().getOrDefault(HASH_LABEL, "")));
    history.truncate(set, revisions, live, HASH_LABEL);
    int minReady = set.at("spec", "minReadySeconds").asInt();
    if (minReady > 0 && decision.hasReadyUnavailable()) {
      work.queue().addAfter(key, Duration.ofSeconds(minReady));
    }
    if (failure != null) {
      throw failure;
    }
  }

  private @Nullable StatusException carryOut(
      ObjectKey key, KubeObject set, String hash, DaemonDecision.Plan plan, Instant now)
      throws InterruptedException {
    List<KubeObject> delete = new ArrayList<>(plan.delete());
    for (KubeObject pod : plan.failed()) {
      Duration left = failedBackoff(set, pod, now);
      if (left.isPositive()) {
        work.queue().addAfter(key, left);
        continue;
      }
      context
          .events()
          .warning(
              set,
              "FailedDaemonPod",
              "Found failed daemon pod "
                  + pod.key()
                  + " on node "
                  + Pods.nodeName(pod)
                  + ", will try to kill it");
      delete.add(pod);
    }
    List<String> create = plan.create().subList(0, Math.min(BURST, plan.create().size()));
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

  private Duration failedBackoff(KubeObject set, KubeObject pod, Instant now) {
    String key = set.uid() + "/" + Pods.nodeName(pod);
    Failed known = failed.get(key);
    if (known != null) {
      Duration left = Duration.between(now, known.last.plus(FAILED_PODS.after(known.count)));
      if (left.isPositive()) {
        return left;
      }
    }
    int before =
        known == null || known.last.plus(Duration.ofMinutes(30)).isBefore(now) ? 0 : known.count;
    failed.put(key, new Failed(before + 1, now));
    return Duration.ZERO;
  }

  private static ObjectNode pod(KubeObject set, String hash, String node) {
    ObjectNode pod = PodControl.fromTemplate(set, set.at("spec", "template"));
    ObjectNode labels = pod.withObject("/metadata").withObject("/labels");
    labels.put(HASH_LABEL, hash);
    labels.put("pod-template-generation", Long.toString(set.generation()));
    DaemonPlacement.place(pod, node);
    return pod;
  }

  private void writeStatus(KubeObject set, ObjectNode status) {
    ObjectNode tree = set.mutableTree();
    ObjectNode merged = Json.object();
    merged.setAll(status);
    JsonNode collisions = set.at("status", "collisionCount");
    if (collisions.isNumber()) {
      merged.set("collisionCount", collisions);
    }
    JsonNode conditions = set.at("status", "conditions");
    if (conditions.size() > 0) {
      merged.set("conditions", conditions);
    }
    if (!Trees.same(merged, set.at("status"))) {
      tree.set("status", merged);
      context.client().updateStatus(Resources.DAEMON_SETS, set.namespace(), set.name(), tree);
    }
  }

  /** The Pods of a DaemonSet by the node they are on or meant for. */
  static Map<String, List<KubeObject>> byNode(List<KubeObject> pods) {
    Map<String, List<KubeObject>> byNode = new LinkedHashMap<>();
    for (KubeObject pod : pods) {
      byNode.computeIfAbsent(DaemonPlacement.nodeOf(pod), node -> new ArrayList<>()).add(pod);
    }
    return byNode;
  }
}
