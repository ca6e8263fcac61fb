package dev.coracle.cluster;

import dev.coracle.api.Cidr;
import dev.coracle.api.Clock;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.SystemClock;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.client.Client;
import dev.coracle.cluster.access.Identities;
import dev.coracle.cluster.bootstrap.Bootstrap;
import dev.coracle.cluster.data.DataDirectory;
import dev.coracle.cluster.data.Kubeconfig;
import dev.coracle.cluster.data.PrivateFiles;
import dev.coracle.cluster.node.Machine;
import dev.coracle.cluster.node.NodeParts;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.cluster.server.ServerAddresses;
import dev.coracle.cluster.server.ServerParts;
import dev.coracle.cluster.server.Storage;
import dev.coracle.cluster.start.Background;
import dev.coracle.cluster.start.Parts;
import dev.coracle.cluster.start.StartException;
import dev.coracle.cluster.start.StartupListener;
import dev.coracle.http.HttpServer;
import dev.coracle.metrics.Metrics;
import dev.coracle.node.runtime.process.HostMounter;
import dev.coracle.node.runtime.process.ProcessRuntime;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import dev.coracle.store.StoreFailedException;
import dev.coracle.store.StoreLockedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A running cluster: the API server with its store, controllers and scheduler, one node with its
 * network, in this process. Parts start in the order in which they need each other and stop in the
 * reverse one; a part that can't start ends the whole start with a {@link StartException}.
 */
public final class Cluster implements AutoCloseable {

  private final ClusterOptions options;
  private final StartupListener listener;
  private final long began = System.nanoTime();
  private final Parts parts = new Parts();
  private final Instant since = Instant.now();
  private Path kubeconfig = Path.of("kubeconfig");
  private String url = "";
  private @Nullable Client admin;
  private List<String> nodes = List.of();

  /** What nobody waits for: it begins when the rest is there. */
  private volatile Runnable onceReady = () -> {};

  private Cluster(ClusterOptions options, StartupListener listener) {
    this.options = options;
    this.listener = listener;
  }

  /**
   * Starts a cluster; when this returns, the API server serves and all parts have been started.
   *
   * @throws StartException with one sentence that says what to do; everything started is stopped
   *     again
   */
  public static Cluster start(ClusterOptions options, StartupListener listener) {
    Cluster cluster = new Cluster(options, listener);
    try {
      cluster.start();
      return cluster;
    } catch (StartException e) {
      cluster.close();
      throw e;
    } catch (StoreLockedException | StoreFailedException e) {
      cluster.close();
      throw new StartException(
          StartException.Kind.DIRECTORY_NOT_WRITABLE, "the store: " + e.getMessage(), e);
    } catch (IOException e) {
      cluster.close();
      throw new StartException(
          StartException.Kind.FAILED, "the start failed: " + DataDirectory.reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cluster.close();
      throw new StartException(StartException.Kind.FAILED, "the start was interrupted", e);
    } catch (RuntimeException e) {
      cluster.close();
      throw new StartException(
          StartException.Kind.FAILED, "the start failed: " + e.getMessage(), e);
    }
  }

  private void start() throws IOException, InterruptedException {
    // First, so that nothing has begun when the file is of no use.
    @Nullable SchedulerConfiguration profiles = ControlPlane.profiles(options.schedulerConfig());
    DataDirectory directory = parts.keep(DataDirectory.open(options.data()));
    SystemClock system = parts.keep(new SystemClock());
    @Nullable ControllableClock turnable =
        options.turnableClock() ? new ControllableClock(system) : null;
    Clock clock = turnable == null ? system : turnable;
    Metrics metrics = new Metrics();

    Thread.ofPlatform().daemon(true).name("coracle-start-http").start(HttpServer::prepare);
    Background<Machine> machineStart =
        Background.start("machine", () -> Machine.prepare(options, directory.path()));
    parts.keep(() -> machineStart.get().close());
    Background<Pki> pkiStart =
        Background.start("pki", () -> Pki.open(directory.resolve("pki"), clock));
    Storage storage = Storage.open(options, directory.resolve("store"), metrics, parts);
    Pki pki = pkiStart.get();
    Background<KeyAndCertificate> adminStart = Background.start("admin", () -> admin(pki));
    started("store", Storage.detail(options));

    ServerParts server = new ServerParts(options, pki, clock, metrics, storage, parts);
    Machine machine = machineStart.get();
    machine.degraded().forEach(listener::degraded);
    ServerAddresses addresses = new ServerAddresses(options, machine);
    ApiServer apiServer = server.serve(addresses, turnable);
    admin = server.client();
    onceReady = apiServer::startFlowControl;
    url = addresses.url(apiServer);
    started("api server", url);
    InetSocketAddress forPods = addresses.forPods(apiServer);
    server.announce(apiServer, url, forPods);
    writeKubeconfigs(directory, pki, adminStart.get());

    if (options.only() == ClusterOptions.Part.ALL) {
      nodes =
          new NodeParts(options, directory, pki, machine, apiServer, clock, forPods, parts)
              .start(new Bootstrap(server.client()), this::started, listener);
    }
    if (options.only() != ClusterOptions.Part.APISERVER) {
      new ControlPlane(
              options, profiles, apiServer, server, pki, clock, metrics, usedRanges(machine))
          .start(parts);
      started("controllers", "and scheduler");
    }
    directory.publish(
        new DataDirectory.State(
            ProcessHandle.current().pid(),
            url,
            since,
            lower(options.runtime()),
            lower(options.only())));
  }

  /** Who the kubeconfig files speak for. */
  private KeyAndCertificate admin(Pki pki) throws IOException {
    return pki.rsaClient(
        "admin",
        Identities.ADMIN,
        List.of("system:masters"),
        options.durability() == ClusterOptions.Durability.MEMORY);
  }

  /** What other nodes can't have for their Pods. */
  private List<Cidr> usedRanges(Machine machine) {
    Cidr services = Cidr.parse(options.serviceCidr());
    return options.runtime() == ClusterOptions.Runtime.PROCESS
        ? List.of(services, machine.podNetwork())
        : List.of(services);
  }

  private void started(String part, String detail) {
    listener.started(part, detail, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void writeKubeconfigs(DataDirectory directory, Pki pki, KeyAndCertificate client)
      throws IOException {
    Kubeconfig.Access access =
        new Kubeconfig.Access(url, pki.authorityPem(), client.certificatePem(), client.keyPem());
    PrivateFiles.write(directory.resolve("kubeconfig"), Kubeconfig.text(access));
    kubeconfig =
        options.kubeconfig() == null ? Kubeconfig.userFile(System.getenv()) : options.kubeconfig();
    try {
      Kubeconfig.merge(kubeconfig, access);
    } catch (IOException e) {
      listener.degraded(
          "the context could not be added to "
              + kubeconfig
              + " ("
              + DataDirectory.reason(e)
              + "); use --kubeconfig="
              + directory.resolve("kubeconfig"));
      kubeconfig = directory.resolve("kubeconfig");
    }
  }

  /**
   * Ends and removes what a cluster that was killed left on this machine: processes, mounts, the
   * Pods' network. Its data stays.
   *
   * @throws StartException when something stays mounted, because this user may not unmount it
   */
  public static void cleanUp(Path data) {
    Path directory = data.toAbsolutePath().normalize();
    List<String> unused = ProcessRuntime.cleanUp(directory.resolve("node").resolve("runtime"));
    new HostMounter().unmount(directory.resolve("node"));
    Machine.cleanUp(directory);
    List<String> mounted = HostMounter.mountPoints(directory);
    if (!mounted.isEmpty()) {
      throw new StartException(
          StartException.Kind.FAILED,
          mounted.getFirst() + " is still mounted, and this user can't unmount it");
    }
  }

  /** The API server's URL. */
  public String server() {
    return url;
  }

  /** The file that has the context. */
  public Path kubeconfig() {
    return kubeconfig;
  }

  /** The API as the API server itself. */
  public Client client() {
    Client client = admin;
    if (client == null) {
      throw new IllegalStateException("the API server has not started");
    }
    return client;
  }

  /**
   * Waits until every node of this process is Ready.
   *
   * @param stop ends the waiting early when it is counted down
   * @return whether they are; true at once without nodes
   */
  public boolean awaitReady(Duration timeout, CountDownLatch stop) throws InterruptedException {
    try {
      return nodes.isEmpty() || NodesReady.await(client(), nodes, timeout, stop);
    } finally {
      onceReady.run();
    }
  }

  /** Stops Pods, then every part, the last started first. */
  @Override
  public void close() {
    parts.close();
  }
}
