package dev.coracle.cluster.server;

import dev.coracle.api.Cidr;
import dev.coracle.api.Clock;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.WriteOptions;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.apiserver.ApiServerConfig;
import dev.coracle.apiserver.audit.Auditing;
import dev.coracle.apiserver.audit.Auditor;
import dev.coracle.apiserver.paths.HealthChecks;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.client.webhook.ApiServiceResolver;
import dev.coracle.client.webhook.WebhookClient;
import dev.coracle.client.webhook.WebhookConfig;
import dev.coracle.client.webhook.WebhookException;
import dev.coracle.cluster.access.Admission;
import dev.coracle.cluster.access.Auth;
import dev.coracle.cluster.access.Identities;
import dev.coracle.cluster.bootstrap.Bootstrap;
import dev.coracle.cluster.bootstrap.ClusterInfo;
import dev.coracle.cluster.bootstrap.LegacyTokenTracking;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.cluster.pki.RootCa;
import dev.coracle.cluster.pki.ServingCertificates;
import dev.coracle.cluster.start.Lazily;
import dev.coracle.cluster.start.Parts;
import dev.coracle.cluster.start.StartException;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.ConversionWebhooks;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.Seed;
import dev.coracle.registry.local.MeasuredStore;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API server and what it decides by: who asks and whether they may, what may be written, the
 * registry over the storage, certificates. Authorizers and plugins are its clients as well, which
 * they can be once it is made ({@link #client}).
 */
public final class ServerParts {

  private static final Logger LOG = LoggerFactory.getLogger(ServerParts.class);

  private static final Duration CONVERSION_TIMEOUT = Duration.ofSeconds(30);

  private final ClusterOptions options;
  private final Pki pki;
  private final Clock clock;
  private final Metrics metrics;
  private final Storage storage;
  private final Parts parts;
  private final @Nullable Auditor auditor;
  private final Auth auth;
  private final Admission admission;
  private final Registry registry;
  private final RootCa rootCa;
  private final AtomicReference<@Nullable Client> loopback = new AtomicReference<>();
  private final AtomicReference<@Nullable ServerHealth> health = new AtomicReference<>();
  private final AtomicReference<@Nullable Registry> opened = new AtomicReference<>();

  /**
   * Opens the registry, and everything that needs no address yet.
   *
   * @param parts keeps what is started
   * @throws StartException when an option, or a file that one names, is of no use
   */
  public ServerParts(
      ClusterOptions options, Pki pki, Clock clock, Metrics metrics, Storage storage, Parts parts) {
    this.options = options;
    this.pki = pki;
    this.clock = clock;
    this.metrics = metrics;
    this.storage = storage;
    this.parts = parts;
    SchemaAdapter schemas = new SchemaAdapter();
    auditor = auditor();
    auth = parts.keep(new Auth(options.server(), pki, this::client, clock));
    admission =
        parts.keep(
            new Admission(
                this::client,
                auth,
                () -> require(opened.get()).served(),
                schemas::find,
                metrics,
                options.server().admission()));
    registry =
        Registries.open(
            storage.store(),
            RegistryConfig.builder(clock, schemas)
                .serviceCidr(options.serviceCidr())
                .eventTtl(options.server().eventTtl())
                .admission(admission.chain())
                .virtuals(auth.virtuals())
                .conversions(conversions())
                .build());
    opened.set(registry);
    parts.keep(new HistoryCompaction(storage.store(), clock, HistoryCompaction.USUAL_INTERVAL));
    countObjectsAndFeatures();
    rootCa = new RootCa(options.server().serving().rootCa(), pki);
  }

  /** What records requests, closed after everything that makes requests. */
  private @Nullable Auditor auditor() {
    if (options.server().audit().isOff()) {
      return null;
    }
    try {
      Auditor recording = Auditing.open(options.server().audit(), metrics);
      return recording == null ? null : parts.keep(recording);
    } catch (IOException e) {
      throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
  }

  private ConversionWebhooks conversions() {
    WebhookClient webhooks =
        parts.keep(
            new WebhookClient(new ApiServiceResolver(this::client), "kube-apiserver-conversion"));
    return (clientConfig, review) -> {
      try {
        return webhooks.post(WebhookConfig.of(clientConfig), review, CONVERSION_TIMEOUT);
      } catch (WebhookException e) {
        throw new ConversionWebhooks.Failure(String.valueOf(e.getMessage()));
      }
    };
  }

  private void countObjectsAndFeatures() {
    MeasuredStore.countObjects(metrics, storage.store(), registry);
    metrics.gauges(
        "kubernetes_feature_enabled",
        "[BETA] Whether a feature is on (1) or off (0).",
        List.of("name", "stage"),
        samples ->
            options
                .featureGates()
                .forEach((name, on) -> samples.sample(Boolean.TRUE.equals(on) ? 1 : 0, name, "")));
  }

  /**
   * Opens the doors: when this returns, the API server serves, and knows the rights and quotas that
   * are stored.
   *
   * @param turnable the clock that clients may turn, if it is one
   */
  public ApiServer serve(ServerAddresses addresses, @Nullable ControllableClock turnable)
      throws IOException, InterruptedException {
    ServingCertificates certificates =
        parts.keep(
            new ServingCertificates(
                options.server().serving(),
                () -> addresses.certificate(pki),
                pki.files("apiserver"),
                auth.authenticators()::rereadClientAuthorities,
                auth.authenticators().clientAuthorityFiles(),
                clock));
    pki.trustAlso(certificates.foreign());
    ApiServer apiServer = apiServer(addresses, certificates, turnable);
    Client client =
        new Client(
            apiServer.inMemoryTransport(Identities.API_SERVER, Identities.API_SERVER_PROGRAM));
    loopback.set(client);
    ServerHealth steps = new ServerHealth(apiServer.health(), storage.store());
    health.set(steps);
    steps.finished(ServerHealth.Step.REGISTRY);
    new Bootstrap(client).base(seesFirstWrites() ? null : this::plant);
    steps.finished(ServerHealth.Step.FIRST_OBJECTS);
    Informers informers = parts.keep(new InformerFactory(client, clock));
    auth.startRbac(informers);
    admission.start(informers);
    addresses.open(apiServer);
    parts.keep(apiServer);
    certificates.start(apiServer::reloadTls);
    parts.keep(LegacyTokenTracking.start(client, informers, clock));
    parts.keep(steps);
    steps.finished(ServerHealth.Step.CACHES);
    return apiServer;
  }

  /** Whether somebody records the first objects, or may decide them. */
  private boolean seesFirstWrites() {
    return auditor != null || !options.server().admission().isUsual();
  }

  private void plant(List<Seed> seeds) {
    registry.plant(
        RequestContext.of(Identities.API_SERVER, Identities.API_SERVER_PROGRAM),
        seeds,
        WriteOptions.NONE);
  }

  private ApiServer apiServer(
      ServerAddresses addresses,
      ServingCertificates certificates,
      @Nullable ControllableClock turnable)
      throws IOException {
    String advertised = options.listenHost() + ":" + options.listenPort();
    ApiServer apiServer =
        ApiServer.create(
            ApiServerConfig.builder(registry)
                .auth(auth.authenticators().all(), auth.authorizer())
                .anonymousAllowed(auth.authenticators().anonymous())
                .http(HttpServerOptions.of(certificates.tls(), addresses.listening()))
                .audit(auditor)
                .metrics(metrics)
                .limits(options.server().limits())
                .turnable(turnable)
                .loopbackTargets(!addresses.onPodNetwork())
                .swaggerUi(options.swaggerUi())
                .openId(auth.openId("https://" + advertised))
                .kubelet(new Lazily<>(this::toKubelets))
                .advertisedAddress(advertised)
                .build());
    storage
        .encryption()
        .healthChecks()
        .forEach(
            (name, check) -> apiServer.health().add(name, HealthChecks.Scope.LIVE, check::get));
    return apiServer;
  }

  /**
   * Says in the cluster where its API server is, and lets it lead to the servers of APIServices.
   *
   * @param url for clients on this machine
   * @param forPods where Pods reach it
   */
  public void announce(ApiServer apiServer, String url, InetSocketAddress forPods) {
    Bootstrap bootstrap = new Bootstrap(client());
    apiServer.startAggregation(new Lazily<>(this::toExtensionServers));
    Thread.ofVirtual()
        .name("extension-authentication")
        .start(() -> tellExtensionServers(bootstrap));
    bootstrap.serviceCidr(options.serviceCidr());
    bootstrap.kubernetesService(
        Cidr.parse(options.serviceCidr()).address(1), forPods.getHostString(), forPods.getPort());
    ClusterInfo.publish(client(), url, pki.authorityPem());
    require(health.get()).finished(ServerHealth.Step.ANNOUNCED);
  }

  private ClientTls toKubelets() throws IOException {
    KeyAndCertificate client =
        pki.client(
            "apiserver-kubelet-client", Identities.KUBELET_CLIENT, List.of("system:masters"));
    return ClientTls.trusting(List.of(pki.authority().certificate()))
        .withIdentity(client.key(), List.of(client.certificate()));
  }

  /** Returns when it is written, or the cluster closes already. */
  private void tellExtensionServers(Bootstrap bootstrap) {
    try {
      bootstrap.extensionAuthentication(auth.authenticators().published());
    } catch (RuntimeException e) {
      LOG.debug("extension servers are not told whom to believe: {}", e.getMessage());
    }
  }

  private ClientTls toExtensionServers() {
    KeyAndCertificate client = pki.frontProxyClient();
    return ClientTls.trusting(List.of()).withIdentity(client.key(), List.of(client.certificate()));
  }

  /** The API as the API server itself, once that is made. */
  public Client client() {
    return require(loopback.get());
  }

  public Auth auth() {
    return auth;
  }

  public Admission admission() {
    return admission;
  }

  public RootCa rootCa() {
    return rootCa;
  }

  private static <T> T require(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("the API server has not started");
    }
    return part;
  }
}
