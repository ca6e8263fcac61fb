package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.metrics.Metrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives Pods their nodes. One loop takes the most important Pod, chooses a node from what it knows,
 * assumes the Pod there, and lets the binding happen beside the next Pod's turn.
 */
public final class Scheduler implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);

  /** Who it is to the API. */
  public static final String IDENTITY = "system:kube-scheduler";

  private static final int BINDINGS_AT_A_TIME = 64;
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource BUDGETS =
      GroupVersionResource.of("policy", "v1", "poddisruptionbudgets");
  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");

  private final Client client;
  private final Clock clock;
  private final Map<String, Profile> profiles = new HashMap<>();
  private final SharedInformer pods;
  private final SharedInformer nodes;
  private final SharedInformer namespaces;
  private final SharedInformer budgets;
  private final StorageState storage;
  private final VolumeBinder volumeBinder;
  private final ReentrantLock lock = new ReentrantLock();
  private final ClusterState state;
  private final Algorithm algorithm;
  private final SchedulingQueue queue;
  private final SchedulerMetrics metrics;
  private final Map<String, PodInfo> nominated = new HashMap<>();
  private final Map<String, String> nominatedNode = new HashMap<>();
  private final Map<String, Boolean> assumed = new HashMap<>();
  private final Semaphore bindings = new Semaphore(BINDINGS_AT_A_TIME);
  private final List<SharedInformer.Registration> registrations = new ArrayList<>();
  private @Nullable Thread loop;

  /** One of the schedulers that this is. */
  private record Profile(
      String name, Algorithm algorithm, @Nullable Preemption preemption, EventRecorder events) {}

  private Scheduler(
      Client client,
      Informers informers,
      Clock clock,
      SchedulerConfiguration configuration,
      RandomGenerator random,
      Metrics metrics) {
    this.client = client;
    this.clock = clock;
    this.pods = informers.of(PODS);
    this.nodes = informers.of(NODES);
    this.namespaces = informers.of(NAMESPACES);
    this.storage = new StorageState(informers);
    this.volumeBinder = new VolumeBinder(client, storage, clock);
    this.state = new ClusterState(namespaces, storage);
    this.algorithm = Algorithm.standard(random);
    this.budgets = informers.of(BUDGETS);
    for (SchedulerConfiguration.Profile profile : configuration.profiles()) {
      Algorithm own = Algorithm.of(profile, random);
      profiles.put(
          profile.name(),
          new Profile(
              profile.name(),
              own,
              profile.preempts() ? new Preemption(own, state, () -> budgets.list("")) : null,
              new EventRecorder(client, clock, profile.name(), "")));
    }
    this.queue = new SchedulingQueue(clock, algorithm::helps);
    this.metrics = new SchedulerMetrics(metrics, configuration.profiles().getFirst().name(), queue);
  }

  /**
   * Starts it; returns at once, and schedules as soon as its caches are filled.
   *
   * @param client as {@link #IDENTITY}
   * @param informers of the same identity; closed by whoever made them
   * @param configuration its profiles
   * @param metrics where it counts
   */
  public static Scheduler start(
      Client client,
      Informers informers,
      Clock clock,
      SchedulerConfiguration configuration,
      Metrics metrics) {
    Scheduler scheduler =
        new Scheduler(
            client, informers, clock, configuration, RandomGenerator.getDefault(), metrics);
    scheduler.loop = Thread.ofVirtual().name("scheduler").start(scheduler::run);
    return scheduler;
  }

  @Override
  public void close() {
    queue.close();
    volumeBinder.close();
    Thread running = loop;
    if (running != null) {
      running.interrupt();
    }
    synchronized (registrations) {
      registrations.forEach(SharedInformer.Registration::remove);
      registrations.clear();
    }
    profiles.values().forEach(profile -> profile.events.close());
  }

  private void run() {
    try {
      namespaces.awaitSync();
      storage.awaitSync();
      budgets.awaitSync();
      synchronized (registrations) {
        registrations.add(nodes.addHandler(new NodeHandler()));
        registrations.add(pods.addHandler(new PodHandler()));
        watchStorage();
      }
      nodes.awaitSync();
      pods.awaitSync();
      for (SchedulingQueue.Entry entry = queue.take(); entry != null; entry = queue.take()) {
        long began = System.nanoTime();
        try {
          schedule(entry);
        } catch (RuntimeException e) {
          metrics.failed(System.nanoTime() - began);
          LOG.warn("scheduling {} failed", queue.pod(entry), e);
          queue.retry(entry);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watchStorage() {
    registrations.add(
        storage.claimInformer.addHandler(
            SharedInformer.each(
                claim -> {
                  volumeBinder.changed();
                  queue.changed(ClusterEvent.CLAIM_CHANGED, pod -> uses(pod, claim));
                })));
    registrations.add(
        storage.volumeInformer.addHandler(
            SharedInformer.each(
                volume -> {
                  volumeBinder.changed();
                  queue.changed(ClusterEvent.VOLUME_CHANGED);
                })));
    registrations.add(
        storage.classInformer.addHandler(
            SharedInformer.each(one -> queue.changed(ClusterEvent.STORAGE_CLASS_CHANGED))));
    registrations.add(
        storage.csiNodeInformer.addHandler(
            SharedInformer.each(one -> queue.changed(ClusterEvent.CSI_NODE_CHANGED))));
  }

  private static boolean uses(KubeObject pod, KubeObject claim) {
    return pod.namespace().equals(claim.namespace())
        && PodClaims.of(pod).stream().anyMatch(use -> use.name().equals(claim.name()));
  }

  private final class NodeHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject node) {
      locked(() -> state.putNode(node));
      nodeChanged(node.name(), ClusterEvent.NODE_ADDED);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      // heartbeats change nothing that matters here
      boolean taints =
          !before.at("spec", "taints").equals(now.at("spec", "taints"))
              || before.at("spec", "unschedulable").asBoolean()
                  != now.at("spec", "unschedulable").asBoolean();
      boolean labels = !before.labels().equals(now.labels());
      boolean allocatable =
          !before.at("status", "allocatable").equals(now.at("status", "allocatable"));
      locked(() -> state.putNode(now));
      if (taints) {
        nodeChanged(now.name(), ClusterEvent.NODE_TAINTS);
      }
      if (labels) {
        nodeChanged(now.name(), ClusterEvent.NODE_LABELS);
      }
      if (allocatable) {
        nodeChanged(now.name(), ClusterEvent.NODE_ALLOCATABLE);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      locked(() -> state.removeNode(last.name()));
    }
  }

  private void nodeChanged(String name, ClusterEvent event) {
    @Nullable NodeInfo[] node = {null};
    locked(
        () -> {
          NodeInfo known = state.find(name);
          node[0] = known == null ? null : known.copy();
        });
    NodeInfo seen = node[0];
    if (seen != null) {
      queue.changed(event, pod -> algorithm.mayTake(PodInfo.of(pod), seen, state));
    }
  }

  private final class PodHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject pod) {
      show(null, pod);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      show(before, now);
    }

    @Override
    public void deleted(KubeObject last) {
      gone(last);
    }
  }

  private static String nodeName(KubeObject pod) {
    return pod.text("spec", "nodeName");
  }

  private static boolean isFinished(KubeObject pod) {
    String phase = pod.text("status", "phase");
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private void show(@Nullable KubeObject before, KubeObject pod) {
    if (isFinished(pod)) {
      gone(pod);
      return;
    }
    if (!nodeName(pod).isEmpty()) {
      PodInfo info = PodInfo.of(pod);
      locked(
          () -> {
            assumed.remove(pod.uid());
            forgetNomination(pod.uid());
            state.putPod(info, nodeName(pod));
          });
      queue.remove(pod.uid());
      if (before == null || nodeName(before).isEmpty()) {
        queue.changed(ClusterEvent.ASSIGNED_POD_ADDED);
      } else if (!before.labels().equals(pod.labels())) {
        queue.changed(ClusterEvent.ASSIGNED_POD_LABELS);
      }
      return;
    }
    if (pod.isDeleting() || !isOurs(pod) || !pod.at("spec", "schedulingGates").isEmpty()) {
      queue.remove(pod.uid());
      return;
    }
    boolean[] already = {false};
    String promised = pod.text("status", "nominatedNodeName");
    locked(
        () -> {
          already[0] = assumed.containsKey(pod.uid());
          if (!already[0] && before == null && !promised.isEmpty()) {
            // promised by a scheduler before this one
            nominated.put(pod.uid(), PodInfo.of(pod));
            nominatedNode.put(pod.uid(), promised);
          }
        });
    if (!already[0]) {
      boolean relevant =
          before != null
              && (!before.labels().equals(pod.labels())
                  || !before.at("spec").equals(pod.at("spec")));
      queue.put(pod, relevant);
    }
  }

  private boolean isOurs(KubeObject pod) {
    return profiles.containsKey(schedulerOf(pod));
  }

  private static String schedulerOf(KubeObject pod) {
    String scheduler = pod.text("spec", "schedulerName");
    return scheduler.isEmpty() ? SchedulerConfiguration.DEFAULT_NAME : scheduler;
  }

  private Profile profile(KubeObject pod) {
    Profile profile = profiles.get(schedulerOf(pod));
    if (profile == null) {
      throw new IllegalStateException(pod + " is another scheduler's");
    }
    return profile;
  }

  private void gone(KubeObject pod) {
    boolean[] assigned = {false};
    locked(
        () -> {
          assigned[0] = state.hasPod(pod.uid());
          assumed.remove(pod.uid());
          forgetNomination(pod.uid());
          state.removePod(pod.uid());
        });
    queue.remove(pod.uid());
    volumeBinder.changed();
    if (assigned[0]) {
      queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    }
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  private void schedule(SchedulingQueue.Entry entry) throws InterruptedException {
    KubeObject pod = queue.pod(entry);
    KubeObject shown = pods.get(pod.namespace(), pod.name());
    if (shown == null || !shown.uid().equals(pod.uid()) || shown.isDeleting()) {
      queue.done(entry);
      return;
    }
    long began = System.nanoTime();
    PodInfo info = PodInfo.of(pod);
    Profile profile = profile(pod);
    Decision decision;
    Preemption.Choice choice = null;
    List<KubeObject> displaced = List.of();
    VolumeBinder.Reservation volumes = null;
    String preempting = "";
    lock.lock();
    try {
      decision = profile.algorithm.choose(info, state, node -> withNominated(node, info));
      switch (decision) {
        case Decision.Node(NodeInfo node) -> {
          state.putPod(info, node.name());
          assumed.put(info.uid(), true);
          forgetNomination(info.uid());
          volumes = volumeBinder.reserve(info, node);
        }
        case Decision.None none -> {
          if (info.spec().path("preemptionPolicy").asText().equals("Never")) {
            preempting = Preemption.NEVER;
          } else if (waitsForVictims(info, none)) {
            preempting = Preemption.WAITS;
          } else if (none.nodes() > 0 && profile.preemption != null) {
            choice = profile.preemption.find(info, none);
            if (choice != null) {
              displaced = displace(info, choice.node().name());
              nominated.put(info.uid(), info);
              nominatedNode.put(info.uid(), choice.node().name());
            }
            preempting = Preemption.nothing(none);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    metrics.decided(decision, System.nanoTime() - began);
    switch (decision) {
      case Decision.Node(NodeInfo node) -> {
        if (volumes == null || volumes.isEmpty()) {
          bindBeside(entry, pod, node.name());
        } else {
          bindVolumesBeside(entry, pod, node.name(), volumes);
        }
      }
      case Decision.None none -> {
        String message =
            none.message(preempting.isEmpty() ? "" : "no new claims to deallocate, " + preempting);
        if (choice != null) {
          message = none.message("");
          preempt(pod, choice);
          displaced.forEach(this::withdrawNomination);
        }
        refuse(entry, pod, none, message, choice);
      }
    }
  }

  /** Whether Pods on the node it was promised, which may still take it, are on their way out. */
  private boolean waitsForVictims(PodInfo pod, Decision.None none) {
    String node = nominatedNode.get(pod.uid());
    NodeInfo info = node == null ? null : state.find(node);
    FilterPlugin.Rejection rejection = node == null ? null : none.rejections().get(node);
    if (info == null || (rejection != null && !rejection.resolvable())) {
      return false;
    }
    for (PodInfo other : info.pods()) {
      if (other.pod().isDeleting() && other.priority() < pod.priority()) {
        return true;
      }
    }
    return false;
  }

  /** Less important Pods that were promised a node which is another's now look for one again. */
  private List<KubeObject> displace(PodInfo pod, String node) {
    List<KubeObject> displaced = new ArrayList<>();
    for (Map.Entry<String, String> entry : Map.copyOf(nominatedNode).entrySet()) {
      PodInfo other = nominated.get(entry.getKey());
      if (other != null && entry.getValue().equals(node) && other.priority() < pod.priority()) {
        forgetNomination(other.uid());
        displaced.add(other.pod());
      }
    }
    return displaced;
  }

  private void withdrawNomination(KubeObject pod) {
    ObjectNode patch = Json.object();
    patch.putObject("status").putNull("nominatedNodeName");
    patchStatus(pod, patch);
  }

  /** A node as a Pod must see it: with the Pods, at least as important, that it is promised to. */
  private NodeInfo withNominated(NodeInfo node, PodInfo pod) {
    if (nominatedNode.isEmpty()) {
      return node;
    }
    NodeInfo copy = null;
    for (Map.Entry<String, String> entry : nominatedNode.entrySet()) {
      PodInfo other = nominated.get(entry.getKey());
      if (other == null
          || !entry.getValue().equals(node.name())
          || other.uid().equals(pod.uid())
          || other.priority() < pod.priority()) {
        continue;
      }
      copy = copy == null ? node.copy() : copy;
      copy.add(other);
    }
    return copy == null ? node : copy;
  }

  private void forgetNomination(String uid) {
    nominated.remove(uid);
    nominatedNode.remove(uid);
  }

  private void bindBeside(SchedulingQueue.Entry entry, KubeObject pod, String node)
      throws InterruptedException {
    bindings.acquire();
    Thread.ofVirtual()
        .name("bind")
        .start(
            () -> {
              try {
                bind(entry, pod, node);
              } finally {
                bindings.release();
              }
            });
  }

  /** Volumes may take minutes: they wait without one of the places for bindings. */
  private void bindVolumesBeside(
      SchedulingQueue.Entry entry,
      KubeObject pod,
      String node,
      VolumeBinder.Reservation reservation) {
    Thread.ofVirtual()
        .name("bind-volumes")
        .start(
            () -> {
              try {
                volumeBinder.bind(reservation, () -> isAssumed(pod));
                bindBeside(entry, pod, node);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                locked(() -> volumeBinder.release(reservation));
                withdraw(pod, entry, e);
              }
            });
  }

  private boolean isAssumed(KubeObject pod) {
    boolean[] known = {false};
    locked(() -> known[0] = assumed.containsKey(pod.uid()));
    return known[0];
  }

  private void bind(SchedulingQueue.Entry entry, KubeObject pod, String node) {
    ObjectNode binding = Json.object().put("kind", "Binding").put("apiVersion", "v1");
    binding
        .putObject("metadata")
        .put("name", pod.name())
        .put("namespace", pod.namespace())
        .put("uid", pod.uid());
    binding.putObject("target").put("kind", "Node").put("name", node);
    try {
      client.createSubresource(PODS, pod.namespace(), pod.name(), "binding", binding);
      queue.done(entry);
      profile(pod)
          .events
          .normal(
              pod,
              "Scheduled",
              "Successfully assigned " + pod.namespace() + "/" + pod.name() + " to " + node);
    } catch (RuntimeException e) {
      withdraw(pod, entry, e);
    }
  }

  /** The binding failed: the Pod is where it was. */
  private void withdraw(KubeObject pod, SchedulingQueue.Entry entry, RuntimeException failure) {
    boolean[] withdrawn = {false};
    locked(
        () -> {
          if (assumed.remove(pod.uid()) != null) {
            state.removePod(pod.uid());
            withdrawn[0] = true;
          }
        });
    if (!withdrawn[0]) {
      queue.done(entry);
      return;
    }
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    if (failure instanceof StatusException status
        && status.isNotFound()
        && pods.get(pod.namespace(), pod.name()) == null) {
      queue.done(entry);
      return;
    }
    LOG.debug("binding {} failed: {}", pod, failure.getMessage());
    String message =
        failure instanceof VolumeBinder.Failure
            ? String.valueOf(failure.getMessage())
            : "binding rejected: " + failure.getMessage();
    profile(pod).events.warning(pod, "FailedScheduling", message);
    queue.retry(entry);
  }

  private void refuse(
      SchedulingQueue.Entry entry,
      KubeObject pod,
      Decision.None none,
      String message,
      Preemption.@Nullable Choice choice) {
    queue.unschedulable(entry, none.rejectedBy());
    profile(pod).events.warning(pod, "FailedScheduling", message);
    ObjectNode patch = Json.object();
    ObjectNode status = patch.putObject("status");
    boolean changed = false;
    if (choice != null) {
      status.put("nominatedNodeName", choice.node().name());
      changed = true;
    }
    var known =
        java.util.stream.StreamSupport.stream(pod.at("status", "conditions").spliterator(), false)
            .filter(condition -> condition.path("type").asText().equals("PodScheduled"))
            .findFirst();
    boolean same =
        known.isPresent()
            && known.get().path("status").asText().equals("False")
            && known.get().path("reason").asText().equals("Unschedulable")
            && known.get().path("message").asText().equals(message);
    if (!same) {
      ObjectNode condition =
          status
              .putArray("conditions")
              .addObject()
              .put("type", "PodScheduled")
              .put("status", "False")
              .put("reason", "Unschedulable")
              .put("message", message);
      if (pod.generation() > 0) {
        condition.put("observedGeneration", pod.generation());
      }
      condition.putNull("lastProbeTime");
      if (known.isEmpty() || !known.get().path("status").asText().equals("False")) {
        condition.put("lastTransitionTime", Timestamps.seconds(clock.instant()));
      }
      changed = true;
    }
    if (changed) {
      patchStatus(pod, patch);
    }
  }

  private void patchStatus(KubeObject pod, ObjectNode patch) {
    try {
      client.patch(
          PODS,
          pod.namespace(),
          pod.name(),
          "status",
          PatchType.STRATEGIC,
          patch,
          WriteOptions.NONE);
    } catch (StatusException e) {
      LOG.debug("status of {} not written: {}", pod, e.getMessage());
    }
  }

  private void preempt(KubeObject pod, Preemption.Choice choice) {
    String reason = schedulerOf(pod) + ": preempting to accommodate a higher priority pod";
    for (PodInfo victim : choice.victims()) {
      KubeObject object = victim.pod();
      if (object.isDeleting()) {
        continue;
      }
      ObjectNode patch = Json.object();
      patch
          .putObject("status")
          .putArray("conditions")
          .addObject()
          .put("type", "DisruptionTarget")
          .put("status", "True")
          .put("reason", "PreemptionByScheduler")
          .put("message", reason)
          .put("lastTransitionTime", Timestamps.seconds(clock.instant()));
      patchStatus(object, patch);
      try {
        client.delete(PODS, object.namespace(), object.name(), DeleteOptions.uid(object.uid()));
        profile(pod)
            .events
            .normal(
                object,
                "Preempted",
                "Preempted by pod " + pod.uid() + " on node " + choice.node().name());
      } catch (StatusException e) {
        LOG.debug("victim {} not deleted: {}", object, e.getMessage());
      }
    }
  }
}
