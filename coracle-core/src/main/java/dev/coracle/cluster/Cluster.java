package dev.coracle.cluster;

import dev.coracle.api.Cidr;
import dev.coracle.api.Clock;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.SystemClock;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.apiserver.ApiServerConfig;
import dev.coracle.apiserver.audit.AuditConfig;
import dev.coracle.apiserver.audit.Auditing;
import dev.coracle.apiserver.audit.Auditor;
import dev.coracle.apiserver.paths.HealthChecks;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.client.WorkQueue;
import dev.coracle.client.webhook.ApiServiceResolver;
import dev.coracle.client.webhook.WebhookClient;
import dev.coracle.client.webhook.WebhookConfig;
import dev.coracle.client.webhook.WebhookException;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.metrics.Metrics;
import dev.coracle.node.runtime.process.HostMounter;
import dev.coracle.node.runtime.process.ProcessRuntime;
import dev.coracle.registry.ConversionWebhooks;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.encryption.Encryption;
import dev.coracle.registry.local.MeasuredStore;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.Store;
import dev.coracle.store.StoreFailedException;
import dev.coracle.store.StoreLockedException;
import dev.coracle.store.Stores;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running cluster: the API server with its store, controllers and scheduler, one node with its
 * network, in this process. Parts start in the order in which they need each other and stop in the
 * reverse one; a part that can't start ends the whole start with a {@link StartException}.
 */
public final class Cluster implements AutoCloseable {

  /** What nobody waits for: it begins when the rest is there. */
  private volatile Runnable onceReady = () -> {};

  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  private static final Duration CONVERSION_TIMEOUT = Duration.ofSeconds(30);

  private final ClusterOptions options;
  private final StartupListener listener;
  private final long began = System.nanoTime();
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Instant since = Instant.now();
  private Path kubeconfig = Path.of("kubeconfig");
  private String server = "";
  private @Nullable Client admin;
  private List<String> nodes = List.of();

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
    DataDirectory directory = keep(DataDirectory.open(options.data()));
    SystemClock system = keep(new SystemClock());
    @Nullable ControllableClock turnable =
        options.turnableClock() ? new ControllableClock(system) : null;
    Clock clock = turnable == null ? system : turnable;
    Thread.ofPlatform().daemon(true).name("coracle-start-http").start(HttpServer::prepare);
    Background<Machine> machineStart =
        Background.start("machine", () -> Machine.prepare(options, directory.path()));
    Background<Pki> pkiStart =
        Background.start("pki", () -> Pki.open(directory.resolve("pki"), clock));
    Metrics metrics = new Metrics();
    @Nullable Auditor auditor = auditor(metrics);
    Encryption encryption =
        encryption(keep(Stores.open(directory.resolve("store"), durability())), metrics);
    Store store = new MeasuredStore(encryption.store(), metrics);
    Pki pki = pkiStart.get();
    Background<KeyAndCertificate> adminStart =
        Background.start(
            "admin",
            () ->
                pki.rsaClient(
                    "admin",
                    Identities.ADMIN,
                    List.of("system:masters"),
                    options.durability() == ClusterOptions.Durability.MEMORY));
    started("store", storeDetail());

    AtomicReference<@Nullable Client> loopback = new AtomicReference<>();
    Auth auth = keep(new Auth(options.server(), pki, () -> require(loopback.get()), clock));
    SchemaAdapter schemas = new SchemaAdapter();
    AtomicReference<@Nullable Registry> opened = new AtomicReference<>();
    Admission admission =
        keep(
            new Admission(
                () -> require(loopback.get()),
                auth,
                () -> require(opened.get()).served(),
                schemas::find,
                metrics,
                options.server().admission()));
    Registry registry =
        Registries.open(
            store,
            RegistryConfig.builder(clock, schemas)
                .serviceCidr(options.serviceCidr())
                .eventTtl(options.server().eventTtl())
                .admission(admission.chain())
                .virtuals(auth.virtuals())
                .conversions(conversions(() -> require(loopback.get())))
                .build());
    opened.set(registry);
    keep(new HistoryCompaction(store, clock, HistoryCompaction.USUAL_INTERVAL));
    MeasuredStore.countObjects(metrics, store, registry);
    metrics.gauges(
        "kubernetes_feature_enabled",
        "[BETA] Whether a feature is on (1) or off (0).",
        List.of("name", "stage"),
        samples ->
            options
                .featureGates()
                .forEach((name, on) -> samples.sample(Boolean.TRUE.equals(on) ? 1 : 0, name, "")));
    Machine machine = keep(machineStart.get());
    machine.degraded().forEach(listener::degraded);
    ServerAddresses addresses = new ServerAddresses(options, machine);

    ServingCertificates serving =
        keep(
            new ServingCertificates(
                options.server().serving(),
                () -> addresses.certificate(pki),
                pki.files("apiserver"),
                auth.authenticators()::rereadClientAuthorities,
                auth.authenticators().clientAuthorityFiles(),
                clock));
    pki.trustAlso(serving.foreign());
    RootCa rootCa = new RootCa(options.server().serving().rootCa(), pki);
    List<X509Certificate> authorities = List.of(pki.authority().certificate());
    KeyAndCertificate kubeletClient =
        pki.client(
            "apiserver-kubelet-client", Identities.KUBELET_CLIENT, List.of("system:masters"));
    ApiServer apiServer =
        ApiServer.create(
            ApiServerConfig.builder(registry)
                .auth(auth.authenticators().all(), auth.authorizer())
                .anonymousAllowed(auth.authenticators().anonymous())
                .http(HttpServerOptions.of(serving.tls(), addresses.listening()))
                .audit(auditor)
                .metrics(metrics)
                .limits(options.server().limits())
                .turnable(turnable)
                .loopbackTargets(machine.gateway() == null)
                .swaggerUi(options.swaggerUi())
                .openId(auth.openId("https://" + options.listenHost() + ":" + options.listenPort()))
                .kubelet(
                    ClientTls.trusting(authorities)
                        .withIdentity(kubeletClient.key(), List.of(kubeletClient.certificate())))
                .advertisedAddress(options.listenHost() + ":" + options.listenPort())
                .build());
    encryption
        .healthChecks()
        .forEach(
            (name, check) -> apiServer.health().add(name, HealthChecks.Scope.LIVE, check::get));
    Client apiServerClient = new Client(apiServer.inMemoryTransport(Identities.API_SERVER));
    loopback.set(apiServerClient);
    admin = apiServerClient;
    Bootstrap bootstrap = new Bootstrap(apiServerClient);
    bootstrap.base();
    Informers policyInformers = keep(new InformerFactory(apiServerClient, clock));
    auth.startRbac(policyInformers);
    admission.start(policyInformers);
    addresses.open(apiServer);
    keep(apiServer);
    onceReady = apiServer::startFlowControl;
    serving.start(apiServer::reloadTls);
    server = addresses.url(apiServer);
    started("api server", server);
    apiServer.startAggregation(() -> frontProxy(pki, bootstrap, auth.authenticators()));

    InetSocketAddress forPods = addresses.forPods(apiServer);
    bootstrap.serviceCidr(options.serviceCidr());
    bootstrap.kubernetesService(
        Cidr.parse(options.serviceCidr()).address(1), forPods.getHostString(), forPods.getPort());
    writeKubeconfigs(directory, pki, adminStart.get());
    keep(LegacyTokenTracking.start(apiServerClient, policyInformers, clock));
    ClusterInfo.publish(apiServerClient, server, pki.authorityPem());
    if (options.only() != ClusterOptions.Part.APISERVER) {
      WorkQueue.countIn(metrics);
      keep(() -> WorkQueue.countNoMoreIn(metrics));
      ControlPlane controlPlane =
          keep(
              new ControlPlane(
                  options,
                  apiServer,
                  auth,
                  admission,
                  pki,
                  rootCa,
                  clock,
                  metrics,
                  usedRanges(machine)));
      controlPlane.start();
      started("controllers", "and scheduler");
    }
    if (options.only() == ClusterOptions.Part.ALL) {
      NodeParts nodeParts =
          new NodeParts(options, directory, pki, machine, apiServer, clock, forPods);
      keep(nodeParts);
      nodes = nodeParts.start(bootstrap, this::started, listener);
    }
    directory.publish(
        new DataDirectory.State(
            ProcessHandle.current().pid(),
            server,
            since,
            lower(options.runtime()),
            lower(options.only())));
  }

  /** What other nodes can't have for their Pods. */
  private List<Cidr> usedRanges(Machine machine) {
    Cidr services = Cidr.parse(options.serviceCidr());
    return options.runtime() == ClusterOptions.Runtime.PROCESS
        ? List.of(services, machine.podNetwork())
        : List.of(services);
  }

  private ConversionWebhooks conversions(Supplier<Client> client) {
    WebhookClient webhooks =
        keep(new WebhookClient(new ApiServiceResolver(client), "kube-apiserver-conversion"));
    return (clientConfig, review) -> {
      try {
        return webhooks.post(WebhookConfig.of(clientConfig), review, CONVERSION_TIMEOUT);
      } catch (WebhookException e) {
        throw new ConversionWebhooks.Failure(String.valueOf(e.getMessage()));
      }
    };
  }

  private static ClientTls frontProxy(Pki pki, Bootstrap bootstrap, Authenticators authenticators) {
    KeyAndCertificate client = pki.frontProxyClient();
    bootstrap.extensionAuthentication(authenticators.published());
    return ClientTls.trusting(List.of()).withIdentity(client.key(), List.of(client.certificate()));
  }

  private Encryption encryption(Store store, Metrics metrics) {
    ApiServerOptions.Encryption wanted = options.server().encryption();
    if (wanted == null) {
      return Encryption.none(store, metrics);
    }
    try {
      return keep(Encryption.open(store, wanted.config(), wanted.automaticReload(), metrics));
    } catch (IOException e) {
      throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
  }

  /** What records requests, closed after everything that makes requests. */
  private @Nullable Auditor auditor(Metrics metrics) {
    if (options.server().audit().equals(AuditConfig.OFF)) {
      return null;
    }
    try {
      Auditor auditor = Auditing.open(options.server().audit(), metrics);
      return auditor == null ? null : keep(auditor);
    } catch (IOException e) {
      throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  private static <T> T require(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("the API server has not started");
    }
    return part;
  }

  private void started(String part, String detail) {
    listener.started(part, detail, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
  }

  private dev.coracle.store.Durability durability() {
    return switch (options.durability()) {
      case FSYNC -> dev.coracle.store.Durability.FSYNC;
      case MEMORY -> dev.coracle.store.Durability.MEMORY;
    };
  }

  private String storeDetail() {
    return switch (options.durability()) {
      case FSYNC -> options.data().resolve("store") + ", every write on disk";
      case MEMORY -> "in memory: gone when the cluster stops";
    };
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void writeKubeconfigs(DataDirectory directory, Pki pki, KeyAndCertificate client)
      throws IOException {
    Kubeconfig.Access access =
        new Kubeconfig.Access(server, pki.authorityPem(), client.certificatePem(), client.keyPem());
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
    return server;
  }

  /** The file that has the context. */
  public Path kubeconfig() {
    return kubeconfig;
  }

  /** The API as the API server itself. */
  public Client client() {
    return require(admin);
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
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.warn("{} did not stop cleanly: {}", part.getClass().getSimpleName(), e.getMessage());
      }
    }
  }
}
