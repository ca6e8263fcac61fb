package dev.coracle.bench.embedded;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartupListener;
import dev.coracle.metrics.Metrics;
import dev.coracle.scheduler.Scheduler;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/**
 * Pods that wait on an API server (durable) with nodes that no kubelet runs; then the scheduler
 * starts. Prints how many Pods it bound a second, from the first binding that a watch shows to the
 * last, and the microseconds of CPU that each took, which other work on the machine changes less. A
 * program of its own, so that nothing else is in it.
 */
public final class SchedulerAlone {

  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource SETS =
      GroupVersionResource.of("apps", "v1", "replicasets");
  private static final int WRITERS = 64;
  private static final int NODE_COUNT = 1000;
  private static final int ZONES = 10;
  private static final int APPS = 50;

  /** What the Pods ask for. */
  public enum Pods {
    /** Resources only. */
    PLAIN,
    /** Of ReplicaSets, which spread by default. */
    OWNED,
    /** Spread over zones, which must be even, and over hosts, which should be. */
    SPREAD,
    /** Never two of an app on a host, and near to their kind. */
    AFFINITY
  }

  private SchedulerAlone() {}

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    Pods kind = Pods.valueOf(args[1]);
    int count = Integer.parseInt(args[2]);
    try (Cluster cluster =
        Cluster.start(
            ClusterOptions.embedded(directory)
                .durability(ClusterOptions.Durability.FSYNC)
                .only(ClusterOptions.Part.APISERVER)
                .build(),
            StartupListener.SILENT)) {
      Client client = cluster.client();
      account(client);
      together(NODE_COUNT, i -> addNode(client, i));
      if (kind == Pods.OWNED) {
        together(APPS, i -> client.create(SETS, "default", replicaSet(i)));
      }
      together(count, i -> client.create(PODS, "default", pod(i, kind)));
      System.out.println("rate " + rate(client, count));
    }
    System.exit(0);
  }

  /** Many at a time, so that they share the waits for the disk. */
  private static void together(int count, IntConsumer work) throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < WRITERS; t++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                  work.accept(i);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static double rate(Client client, int count) throws Exception {
    Clock clock = new SystemClock();
    AtomicInteger bound = new AtomicInteger();
    AtomicLong first = new AtomicLong();
    AtomicLong last = new AtomicLong();
    CountDownLatch all = new CountDownLatch(1);
    try (Informers watch = new InformerFactory(client, clock);
        Informers own = new InformerFactory(client, clock)) {
      watch
          .of(PODS)
          .addHandler(
              new SharedInformer.Handler() {
                @Override
                public void added(KubeObject object) {}

                @Override
                public void updated(KubeObject before, KubeObject now) {
                  if (!before.text("spec", "nodeName").isEmpty()
                      || now.text("spec", "nodeName").isEmpty()) {
                    return;
                  }
                  long time = System.nanoTime();
                  first.compareAndSet(0, time);
                  last.set(time);
                  if (bound.incrementAndGet() == count) {
                    all.countDown();
                  }
                }

                @Override
                public void deleted(KubeObject last) {}
              });
      watch.of(PODS).awaitSync();
      long cpu = cpuNanos();
      try (Scheduler scheduler =
          Scheduler.start(client, own, clock, SchedulerConfiguration.DEFAULT, new Metrics())) {
        if (!all.await(1, TimeUnit.MINUTES)) {
          throw new IllegalStateException("only " + bound + " of " + count + " Pods are bound");
        }
        System.out.println("cpu " + (cpuNanos() - cpu) / 1000 / count);
      }
    }
    return (count - 1) * 1e9 / (last.get() - first.get());
  }

  /** What this process has used of all cores: the API server's part is in it. */
  private static long cpuNanos() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
  }

  private static void account(Client client) {
    ObjectNode account = Json.object().put("apiVersion", "v1").put("kind", "ServiceAccount");
    account.putObject("metadata").put("name", "default");
    client.create(GroupVersionResource.core("serviceaccounts"), "default", account);
  }

  /** Without the taint that a new node has until somebody saw it Ready. */
  private static void addNode(Client client, int number) {
    ObjectNode untainted = Json.object();
    untainted.putObject("spec").putNull("taints");
    String name = client.create(NODES, "", node(number)).name();
    client.patch(NODES, "", name, "", PatchType.MERGE, untainted, WriteOptions.NONE);
  }

  private static ObjectNode node(int number) {
    ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
    String name = "node-" + number;
    ObjectNode metadata = node.putObject("metadata").put("name", name);
    metadata
        .putObject("labels")
        .put("kubernetes.io/hostname", name)
        .put("topology.kubernetes.io/zone", "zone-" + number % ZONES);
    ObjectNode status = node.putObject("status");
    status
        .putObject("allocatable")
        .put("cpu", "32")
        .put("memory", "64Gi")
        .put("ephemeral-storage", "100Gi")
        .put("pods", "110");
    status.set("capacity", status.get("allocatable"));
    status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
    return node;
  }

  private static ObjectNode replicaSet(int number) {
    ObjectNode set = Json.object().put("apiVersion", "apps/v1").put("kind", "ReplicaSet");
    set.putObject("metadata").put("name", "app-" + number);
    ObjectNode spec = set.putObject("spec").put("replicas", 0);
    spec.putObject("selector").putObject("matchLabels").put("app", "app-" + number);
    ObjectNode template = spec.putObject("template");
    template.putObject("metadata").putObject("labels").put("app", "app-" + number);
    container(template.putObject("spec"));
    return set;
  }

  private static ObjectNode pod(int number, Pods kind) {
    String app = "app-" + number % APPS;
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata").put("name", "pod-" + number);
    metadata.putObject("labels").put("app", app);
    ObjectNode spec = pod.putObject("spec").put("automountServiceAccountToken", false);
    container(spec);
    switch (kind) {
      case PLAIN -> {}
      case OWNED ->
          metadata
              .putArray("ownerReferences")
              .addObject()
              .put("apiVersion", "apps/v1")
              .put("kind", "ReplicaSet")
              .put("name", app)
              .put("uid", app)
              .put("controller", true);
      case SPREAD -> {
        spread(spec, "topology.kubernetes.io/zone", "DoNotSchedule", app);
        spread(spec, "kubernetes.io/hostname", "ScheduleAnyway", app);
      }
      case AFFINITY -> {
        ObjectNode affinity = spec.putObject("affinity");
        term(
            affinity
                .putObject("podAntiAffinity")
                .putArray("requiredDuringSchedulingIgnoredDuringExecution")
                .addObject(),
            "kubernetes.io/hostname",
            app);
        term(
            affinity
                .putObject("podAffinity")
                .putArray("preferredDuringSchedulingIgnoredDuringExecution")
                .addObject()
                .put("weight", 10)
                .putObject("podAffinityTerm"),
            "topology.kubernetes.io/zone",
            app);
      }
    }
    return pod;
  }

  private static void container(ObjectNode spec) {
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "bench");
    container
        .putObject("resources")
        .putObject("requests")
        .put("cpu", "100m")
        .put("memory", "128Mi");
  }

  private static void spread(ObjectNode spec, String key, String otherwise, String app) {
    ObjectNode constraint = spec.withArray("/topologySpreadConstraints").addObject();
    constraint.put("maxSkew", 1).put("topologyKey", key).put("whenUnsatisfiable", otherwise);
    constraint.putObject("labelSelector").putObject("matchLabels").put("app", app);
  }

  private static void term(ObjectNode term, String key, String app) {
    term.put("topologyKey", key);
    term.putObject("labelSelector").putObject("matchLabels").put("app", app);
  }
}
