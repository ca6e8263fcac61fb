package dev.coracle.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SharedInformer;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.inputs.NodeSources;
import dev.coracle.node.pod.ContainerConfigs;
import dev.coracle.node.pod.NodeAllocations;
import dev.coracle.node.pod.PodWorker;
import dev.coracle.node.probes.Handlers;
import dev.coracle.node.registration.NodeRegistration;
import dev.coracle.node.registration.OwnNode;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.server.NodeServer;
import dev.coracle.node.server.StatsSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node of the cluster: what a kubelet is. */
public final class Node implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final Duration BEFORE_EVENTS = Duration.ofSeconds(1);
  private static final Duration LONGEST_STOP = Duration.ofSeconds(40);

  private final NodeConfig config;
  private final NodeSources sources;
  private final ContainerConfigs configs;
  private final EventRecorder events;
  private final Handlers handlers;
  private final NodeAllocations allocations;
  private final NodeRegistration registration;
  private final OwnNode ownNode;
  private final @Nullable NodeServer server;
  private final ConcurrentHashMap<String, PodWorker> workers = new ConcurrentHashMap<>();
  private final SharedInformer pods;
  private volatile boolean closing;
  private SharedInformer.@Nullable Registration registered;

  private final SharedInformer.Handler podHandler =
      new SharedInformer.Handler() {
        @Override
        public void added(KubeObject object) {
          changed(object);
        }

        @Override
        public void updated(KubeObject before, KubeObject now) {
          if (!before.uid().equals(now.uid())) {
            deleted(before);
          }
          changed(now);
        }

        @Override
        public void deleted(KubeObject last) {
          PodWorker worker = workers.get(last.uid());
          allocations.remove(last.uid());
          if (worker != null) {
            worker.deleted(last);
          }
        }
      };

  private Node(NodeConfig config) throws IOException {
    this.config = config;
    Files.createDirectories(config.stateDir());
    sources = new NodeSources(config, this::referenced);
    configs = new ContainerConfigs(config, sources);
    events = new EventRecorder(config.client(), config.clock(), "kubelet", config.nodeName());
    handlers = new Handlers(config.runtime(), config.address());
    allocations = new NodeAllocations(sources::allocatable);
    server = config.listen() == null ? null : NodeServer.start(config, new Access());
    registration = new NodeRegistration(config, sources, server == null ? 0 : server.port());
    ownNode = new OwnNode(config, events, registration::registerAgain);
    config.runtime().onExit(this::exited);
    pods =
        config
            .informers()
            .of(
                NodeSources.PODS,
                "",
                ListOptions.ALL.withFieldSelector("spec.nodeName=" + config.nodeName()));
  }

  /**
   * Starts a node: registers it and runs the Pods that are bound to it. Returns when the node has
   * said that it is Ready (or is trying to).
   *
   * @throws IOException when its server cannot listen or its directory cannot be written
   */
  public static Node start(NodeConfig config) throws IOException {
    Node node = new Node(config);
    node.run();
    return node;
  }

  private void run() {
    config.mounter().unmount(config.stateDir().resolve("pods"));
    registration.start();
    registered = pods.addHandler(podHandler);
    Clock.Timer unusedTimer = config.clock().schedule(BEFORE_EVENTS, this::announce);
    Thread unused = Thread.ofVirtual().name("node-orphans").start(this::removeOrphans);
  }

  /** Says what people look for in {@code kubectl describe node}; nothing waits for it. */
  private void announce() {
    String name = config.nodeName();
    ownNode.tell("Starting", "Starting kubelet.");
    for (String state :
        List.of("NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID")) {
      ownNode.tell(state, "Node " + name + " status is now: " + state);
    }
    ownNode.tell("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
    ownNode.tell("NodeReady", "Node " + name + " status is now: NodeReady");
    if (!closing) {
      ownNode.start();
    }
  }

  /** Deletes what Pods left on disk that ended while no node was running. */
  private void removeOrphans() {
    try {
      pods.awaitSync();
      Set<String> known = new HashSet<>();
      pods.list("").forEach(pod -> known.add(pod.uid()));
      for (String kind : List.of("pods", "logs")) {
        Path directory = config.stateDir().resolve(kind);
        if (!Files.isDirectory(directory)) {
          continue;
        }
        try (Stream<Path> entries = Files.list(directory)) {
          for (Path entry : entries.toList()) {
            String name = entry.getFileName().toString();
            String uid = name.substring(name.lastIndexOf('_') + 1);
            if (!known.contains(uid) && !workers.containsKey(uid)) {
              config.mounter().remove(entry);
            }
          }
        }
      }
    } catch (IOException e) {
      LOG.warn("node {}: {}", config.nodeName(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void changed(KubeObject pod) {
    if (closing) {
      return;
    }
    PodWorker known = workers.get(pod.uid());
    if (known != null) {
      if (known.pod().generation() != pod.generation()) {
        sources.register(pod);
      }
      known.changed(pod);
      return;
    }
    sources.register(pod);
    String phase = pod.text("status", "phase");
    if (!pod.text("status", "startTime").isEmpty()
        && !phase.equals("Succeeded")
        && !phase.equals("Failed")) {
      allocations.take(pod.uid(), pod.tree());
    }
    PodWorker worker =
        new PodWorker(
            config,
            sources,
            configs,
            events,
            handlers,
            allocations,
            ownNode,
            pod,
            () -> {
              sources.unregister(pod);
              allocations.remove(pod.uid());
              synchronized (workers) {
                workers.remove(pod.uid());
                workers.notifyAll();
              }
            });
    workers.put(pod.uid(), worker);
    worker.start();
  }

  private void referenced(KubeObject object) {
    workers.values().forEach(worker -> worker.referenced(object));
  }

  private void exited(ContainerStatus status) {
    workers.values().forEach(worker -> worker.exited(status));
  }

  public String name() {
    return config.nodeName();
  }

  /** Its HTTPS server shows another certificate from the next connection on. */
  public void reloadTls(ServerTls tls) {
    if (server != null) {
      server.reloadTls(tls);
    }
  }

  /** What the node and its containers have used, as {@code /stats/summary} says. */
  public ObjectNode statsSummary() {
    return new StatsSummary(config, new Access()).summary();
  }

  /** The port of its HTTPS server; 0 without one. */
  public int port() {
    return server == null ? 0 : server.port();
  }

  /**
   * Stops the Pods with their grace and takes the node down; its Pods and its Node stay at the
   * server. Nothing of it is left on this machine but volumes and logs of Pods that still are.
   */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    registration.close();
    ownNode.close();
    SharedInformer.Registration current = registered;
    if (current != null) {
      current.remove();
    }
    new ArrayList<>(workers.values()).forEach(PodWorker::shutDown);
    long deadline = System.nanoTime() + LONGEST_STOP.toNanos();
    synchronized (workers) {
      try {
        while (!workers.isEmpty() && System.nanoTime() < deadline) {
          workers.wait(1000);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (server != null) {
      server.close();
    }
    events.close();
  }

  /** What the node's server may see and do. */
  private final class Access implements NodeServer.Pods {

    private @Nullable PodWorker worker(String namespace, String name) {
      for (PodWorker worker : workers.values()) {
        KubeObject pod = worker.pod();
        if (pod.name().equals(name) && pod.namespace().equals(namespace)) {
          return worker;
        }
      }
      return null;
    }

    @Override
    public List<KubeObject> list() {
      return workers.values().stream().map(PodWorker::pod).toList();
    }

    @Override
    public @Nullable KubeObject find(String namespace, String name) {
      PodWorker worker = worker(namespace, name);
      return worker == null ? null : worker.pod();
    }

    @Override
    public @Nullable String runningContainer(String namespace, String name, String container) {
      PodWorker worker = worker(namespace, name);
      return worker == null ? null : worker.containerId(container);
    }

    @Override
    public @Nullable String sandbox(String namespace, String name) {
      PodWorker worker = worker(namespace, name);
      return worker == null ? null : worker.sandboxId();
    }

    @Override
    public @Nullable Path log(String namespace, String name, String container, boolean previous) {
      PodWorker worker = worker(namespace, name);
      if (worker == null) {
        return null;
      }
      int attempt = worker.attempts(container) - (previous ? 1 : 0);
      return attempt < 0 ? null : configs.log(worker.pod(), container, attempt);
    }
  }
}
