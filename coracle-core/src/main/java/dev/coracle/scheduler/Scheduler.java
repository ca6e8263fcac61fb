package dev.coracle.scheduler;

import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.client.Backoff;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.metrics.Metrics;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import dev.coracle.scheduler.profile.Profiles;
import dev.coracle.scheduler.queue.SchedulingQueue;
import dev.coracle.scheduler.state.ClusterState;
import dev.coracle.scheduler.state.Kin;
import dev.coracle.scheduler.state.Shared;
import dev.coracle.scheduler.state.StorageState;
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

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource BUDGETS =
      GroupVersionResource.of("policy", "v1", "poddisruptionbudgets");
  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");

  private final SharedInformer pods;
  private final SharedInformer nodes;
  private final SharedInformer namespaces;
  private final SharedInformer budgets;
  private final StorageState storage;
  private final Kin kin;
  private final Profiles profiles;
  private final SchedulingQueue queue;
  private final ClusterEvents events;
  private final SchedulingCycle cycle;
  private final SchedulerMetrics metrics;
  private @Nullable Thread loop;

  private Scheduler(
      Client client,
      Informers informers,
      Clock clock,
      SchedulerConfiguration configuration,
      RandomGenerator random,
      Metrics metrics) {
    pods = informers.of(PODS);
    nodes = informers.of(NODES);
    namespaces = informers.of(NAMESPACES);
    budgets = informers.of(BUDGETS);
    storage = new StorageState(informers);
    kin = new Kin(informers);
    profiles = new Profiles(configuration, client, clock, storage, () -> budgets.list(""), random);
    Backoff backoff = new Backoff(configuration.initialBackoff(), configuration.maxBackoff());
    queue = new SchedulingQueue(clock, backoff, profiles::help);
    this.metrics = new SchedulerMetrics(metrics, profiles.names(), queue);
    Shared shared = new Shared(new ClusterState(namespaces, kin, storage));
    events = new ClusterEvents(shared, queue, profiles);
    PodStatusWriter statuses = new PodStatusWriter(client, clock);
    cycle =
        new SchedulingCycle(
            pods,
            shared,
            queue,
            profiles,
            new BindingCycle(client, pods, shared, queue, statuses),
            new Evictions(client, clock, queue),
            statuses,
            this.metrics);
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
    Thread running = loop;
    if (running != null) {
      running.interrupt();
    }
    events.close();
    profiles.close();
  }

  private void run() {
    try {
      namespaces.awaitSync();
      storage.awaitSync();
      budgets.awaitSync();
      events.add(kin.start());
      events.watch(nodes, pods, storage);
      nodes.awaitSync();
      pods.awaitSync();
      for (SchedulingQueue.Entry entry = queue.take(); entry != null; entry = queue.take()) {
        one(entry);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void one(SchedulingQueue.Entry entry) throws InterruptedException {
    try {
      cycle.run(entry);
    } catch (RuntimeException e) {
      metrics.failed();
      LOG.warn("scheduling {} failed", queue.pod(entry), e);
      cycle.fail(entry, e);
    }
  }
}
