package dev.coracle.node.simulated;

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
import dev.coracle.client.WorkQueue;
import dev.coracle.node.pod.NodeAllocations;
import dev.coracle.node.registration.ExtendedResources;
import dev.coracle.node.registration.NodeLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All simulated nodes of a cluster: every Node with the label {@link #LABEL}, those that this
 * registers and those that a user makes. One informer sees all Pods; a few workers write.
 */
public final class SimulatedNodes implements AutoCloseable {

  /** Marks a Node whose Pods do not run. */
  public static final String LABEL = "coracle.dev/simulated";

  private static final Logger LOG = LoggerFactory.getLogger(SimulatedNodes.class);
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final Duration RENEW = Duration.ofSeconds(10);
  private static final int WORKERS = 16;
  private static final int RENEWERS = 64;
  private static final String BY_NODE = "simulated-by-node";

  /**
   * How nodes are registered.
   *
   * @param repel whether they take only Pods that tolerate the taint {@link #LABEL}
   * @param ownRanges whether they bring the ranges of their Pods; else they wait for them
   */
  public record Registration(boolean repel, boolean ownRanges) {}

  /** A Node is in no namespace. */
  private record Key(String namespace, String name) {}

  private final Client client;
  private final Clock clock;
  private final SharedInformer nodes;
  private final SharedInformer pods;
  private final NodeRooms rooms;
  private final EventRecorder events;
  private final WorkQueue<Key> queue;
  private final Addresses addresses = new Addresses();
  private final List<SharedInformer.Registration> registrations = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private boolean closed;
  private Clock.@Nullable Timer renewal;

  private SimulatedNodes(Client client, Informers informers, Clock clock) {
    this.client = client;
    this.clock = clock;
    this.nodes = informers.of(NODES);
    this.pods = informers.of(PODS);
    this.rooms = new NodeRooms(nodes, pods, BY_NODE);
    this.events = new EventRecorder(client, clock, "kubelet", "");
    this.queue = new WorkQueue<>(clock);
  }

  /**
   * Registers nodes and simulates their Pods until it is closed.
   *
   * @param client may write Nodes, their Leases and all Pods
   * @param informers of the same identity; closed by whoever made them
   * @param names of the nodes to register
   */
  public static SimulatedNodes start(
      Client client,
      Informers informers,
      Clock clock,
      List<String> names,
      Registration registration) {
    SimulatedNodes simulated = new SimulatedNodes(client, informers, clock);
    simulated.run(List.copyOf(names), registration);
    return simulated;
  }

  private void run(List<String> names, Registration registration) {
    pods.addIndex(BY_NODE, pod -> List.of(pod.text("spec", "nodeName")));
    synchronized (registrations) {
      registrations.add(nodes.addHandler(new NodeHandler()));
      registrations.add(pods.addHandler(new PodHandler()));
      AtomicInteger next = new AtomicInteger();
      for (int i = 0; i < WORKERS; i++) {
        threads.add(
            Thread.ofVirtual()
                .name("simulated-nodes-" + i)
                .start(
                    () -> {
                      for (int n = next.getAndIncrement();
                          n < names.size();
                          n = next.getAndIncrement()) {
                        register(names.get(n), n, registration);
                      }
                      work();
                    }));
      }
    }
    scheduleRenewal();
  }

  private final class PodHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject pod) {
      addresses.take(simulatedAddress(pod));
      see(pod);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (SimulatedPod.isFinished(now)) {
        rooms.release(now);
      }
      see(now);
    }

    @Override
    public void deleted(KubeObject last) {
      rooms.release(last);
      addresses.release(simulatedAddress(last));
    }

    private void see(KubeObject pod) {
      if (!pod.text("spec", "nodeName").isEmpty()
          && SimulatedPod.next(pod) != SimulatedPod.Step.NOTHING) {
        queue.add(new Key(pod.namespace(), pod.name()));
      }
    }
  }

  private final class NodeHandler implements SharedInformer.Handler {

    /** Pods that were seen before their node was would not be looked at again. */
    @Override
    public void added(KubeObject node) {
      see(node);
      if (isSimulated(node)) {
        pods.byIndex(BY_NODE, node.name())
            .forEach(pod -> queue.add(new Key(pod.namespace(), pod.name())));
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      boolean given =
          !now.text("spec", "podCIDR").isEmpty() && before.text("spec", "podCIDR").isEmpty();
      if (isSimulated(now) && (given || !isSimulated(before))) {
        added(now);
      } else {
        see(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      rooms.forget(last.name());
    }

    private void see(KubeObject node) {
      if (isSimulated(node)) {
        queue.add(new Key("", node.name()));
      }
    }
  }

  private static String simulatedAddress(KubeObject pod) {
    return pod.at("spec", "hostNetwork").asBoolean() ? "" : pod.text("status", "podIP");
  }

  private static boolean isSimulated(KubeObject node) {
    return node.labels().containsKey(LABEL);
  }

  private void work() {
    try {
      for (Key key = queue.take(); key != null; key = queue.take()) {
        try {
          if (key.namespace.isEmpty()) {
            syncNode(key.name);
          } else {
            syncPod(key);
          }
          queue.forget(key);
        } catch (StatusException e) {
          LOG.debug("{}: {}", key, e.getMessage());
          if (!e.isNotFound() && !e.isConflict()) {
            queue.addRateLimited(key);
          }
        } catch (RuntimeException e) {
          LOG.warn("{}", key, e);
          queue.addRateLimited(key);
        } finally {
          queue.done(key);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void syncPod(Key key) {
    KubeObject pod = pods.get(key.namespace, key.name);
    if (pod == null) {
      return;
    }
    String nodeName = pod.text("spec", "nodeName");
    KubeObject node = nodes.get("", nodeName);
    if (node == null || !isSimulated(node)) {
      return;
    }
    SimulatedPod.Step step = SimulatedPod.next(pod);
    String range = node.text("spec", "podCIDR");
    if (step == SimulatedPod.Step.RUN && range.isEmpty()) {
      return; // it is looked at again when the node has one
    }
    if (step == SimulatedPod.Step.RUN) {
      NodeAllocations.Refusal refusal = rooms.admit(pod, node);
      if (refusal != null) {
        String now = Timestamps.seconds(clock.instant());
        writeStatus(pod, SimulatedPod.refused(pod, refusal, now));
        events.warning(pod, refusal.reason(), refusal.message());
        return;
      }
    }
    switch (step) {
      case NOTHING -> {}
      case REMOVE ->
          client.delete(
              PODS,
              pod.namespace(),
              pod.name(),
              DeleteOptions.uid(pod.uid()).withGracePeriodSeconds(0));
      case RUN, SET_READINESS, END, STOP -> {
        String host = SimulatedNode.address(node);
        String address =
            step != SimulatedPod.Step.RUN || pod.at("spec", "hostNetwork").asBoolean()
                ? host
                : addresses.next(range);
        ObjectNode patch =
            SimulatedPod.status(pod, step, Timestamps.seconds(clock.instant()), host, address);
        try {
          writeStatus(pod, patch);
        } catch (StatusException e) {
          if (step == SimulatedPod.Step.RUN) {
            rooms.release(pod);
          }
          throw e;
        }
      }
    }
  }

  private void writeStatus(KubeObject pod, ObjectNode patch) {
    patch.putObject("metadata").put("uid", pod.uid());
    KubeObject unused =
        client.patch(
            PODS,
            pod.namespace(),
            pod.name(),
            "status",
            PatchType.STRATEGIC,
            patch,
            WriteOptions.manager("kubelet"));
  }

  private void register(String name, int number, Registration registration) {
    ObjectNode node =
        SimulatedNode.object(name, number, registration, Timestamps.seconds(clock.instant()));
    for (int failures = 1; ; failures++) {
      try {
        KubeObject unused = client.create(NODES, "", node);
        return;
      } catch (StatusException e) {
        if (e.isAlreadyExists()) {
          return;
        }
        LOG.debug("node {}: {}", name, e.getMessage());
      }
      synchronized (registrations) {
        if (closed) {
          return;
        }
      }
      try {
        Thread.sleep(Math.min(5000, 50L * failures));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** A Node that says nothing, or that was taken for lost, is Ready. */
  private void syncNode(String name) {
    KubeObject node = nodes.get("", name);
    if (node == null || node.isDeleting() || !isSimulated(node)) {
      return;
    }
    for (var condition : node.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")
          && condition.path("status").asText().equals("True")) {
        ObjectNode extended = ExtendedResources.patch(node);
        if (extended != null) {
          KubeObject unused = ExtendedResources.write(client, name, extended);
        }
        return;
      }
    }
    ObjectNode patch = Json.object();
    String now = Timestamps.seconds(clock.instant());
    patch.set("status", SimulatedNode.status(name, SimulatedNode.address(node), now));
    if (node.at("status", "allocatable").size() > 0) {
      patch.withObject("/status").remove("allocatable");
      patch.withObject("/status").remove("capacity");
    }
    KubeObject unused =
        client.patch(
            NODES, "", name, "status", PatchType.MERGE, patch, WriteOptions.manager("kubelet"));
    NodeLease.renew(client, node.name(), node.uid(), clock.instant());
  }

  private void scheduleRenewal() {
    synchronized (registrations) {
      if (!closed) {
        renewal = clock.schedule(RENEW, this::renewAll);
      }
    }
  }

  /** Many at a time, since writes that come together share the wait for the disk. */
  private void renewAll() {
    scheduleRenewal();
    Queue<KubeObject> due = new ConcurrentLinkedQueue<>(nodes.list(""));
    try (ExecutorService renewers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = Math.min(RENEWERS, due.size()); i > 0; i--) {
        renewers.execute(() -> renewAll(due));
      }
    }
  }

  private void renewAll(Queue<KubeObject> due) {
    for (KubeObject node = due.poll(); node != null; node = due.poll()) {
      synchronized (registrations) {
        if (closed) {
          return;
        }
      }
      if (isSimulated(node) && !node.isDeleting()) {
        try {
          NodeLease.renew(client, node.name(), node.uid(), clock.instant());
        } catch (StatusException e) {
          LOG.debug("lease of {}: {}", node.name(), e.getMessage());
        }
      }
    }
  }

  @Override
  public void close() {
    List<Thread> running;
    synchronized (registrations) {
      closed = true;
      registrations.forEach(SharedInformer.Registration::remove);
      if (renewal != null) {
        renewal.cancel();
      }
      running = List.copyOf(threads);
    }
    queue.close();
    events.close();
    running.forEach(Thread::interrupt);
    try {
      for (Thread thread : running) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
