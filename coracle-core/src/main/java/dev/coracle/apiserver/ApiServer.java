package dev.coracle.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.access.Access;
import dev.coracle.apiserver.access.AuthMetrics;
import dev.coracle.apiserver.aggregation.ApiServices;
import dev.coracle.apiserver.aggregation.ExtensionServers;
import dev.coracle.apiserver.aggregation.LocalGroup;
import dev.coracle.apiserver.aggregation.LocalGroups;
import dev.coracle.apiserver.connect.ConnectEndpoint;
import dev.coracle.apiserver.connect.Locations;
import dev.coracle.apiserver.connect.ProxyTargets;
import dev.coracle.apiserver.connect.Relay;
import dev.coracle.apiserver.discovery.Discovery;
import dev.coracle.apiserver.dispatch.Dispatcher;
import dev.coracle.apiserver.dispatch.ResourceEndpoint;
import dev.coracle.apiserver.door.HttpDoor;
import dev.coracle.apiserver.door.InMemoryTransport;
import dev.coracle.apiserver.encoding.Encoder;
import dev.coracle.apiserver.encoding.SchemaTables;
import dev.coracle.apiserver.filter.FilterChain;
import dev.coracle.apiserver.filter.InFlight;
import dev.coracle.apiserver.filter.RequestMetrics;
import dev.coracle.apiserver.flowcontrol.FlowControl;
import dev.coracle.apiserver.openapi.OpenApiEndpoint;
import dev.coracle.apiserver.openapi.SwaggerUi;
import dev.coracle.apiserver.paths.AuthorizationsEndpoint;
import dev.coracle.apiserver.paths.ClockEndpoint;
import dev.coracle.apiserver.paths.HealthChecks;
import dev.coracle.apiserver.paths.MetricsEndpoint;
import dev.coracle.apiserver.paths.OpenIdDocuments;
import dev.coracle.apiserver.paths.PathEndpoints;
import dev.coracle.apiserver.paths.Version;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.watch.WatchMetrics;
import dev.coracle.auth.WatchedAuthorizer;
import dev.coracle.client.Transport;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpOrigins;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.metrics.Metrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The API server. {@link #create} makes it usable for this process's components, {@link #listen}
 * opens it to others: so RBAC's informers, for instance, can fill before the first request over the
 * wire.
 */
public final class ApiServer implements AutoCloseable {

  private static final String SWAGGER_UI = "/swagger-ui";
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final ApiServerConfig config;
  private final FilterChain chain;
  private final Encoder encoder;
  private final HttpDoor door;
  private final HealthChecks health;
  private final HttpOrigins origins = new HttpOrigins();
  private final ApiServices services;
  private final LocalGroups locals = new LocalGroups();
  private final FlowControl flows;
  private volatile @Nullable HttpServer http;

  private ApiServer(ApiServerConfig config) {
    this.config = config;
    this.health = new HealthChecks();
    InFlight inFlight = new InFlight(config.limits().reading(), config.limits().mutating());
    Metrics metrics = config.metrics();
    this.flows =
        new FlowControl(
            config.registry(), metrics, config.limits().reading() + config.limits().mutating());
    Relay relay = new Relay(origins);
    Locations locations =
        new Locations(
            config.registry(),
            config.kubelet(),
            new ProxyTargets(config.loopbackTargets(), this::isOwnPort));
    ExtensionServers extensions = new ExtensionServers(locations, origins, relay);
    this.services = new ApiServices(config.registry(), extensions, locals);
    Discovery discovery =
        new Discovery(config.registry(), services, locals, config.advertisedAddress());
    PathEndpoints paths = new PathEndpoints(() -> listedPaths(discovery, health));
    byte[] version = Version.json();
    paths
        .below("/api", discovery::core)
        .below("/apis", discovery::groups)
        .below("/healthz", (request, rest) -> health.serve(request, "healthz", rest))
        .below("/livez", (request, rest) -> health.serve(request, "livez", rest))
        .below("/readyz", (request, rest) -> health.serve(request, "readyz", rest))
        .at(
            "/version",
            (request, rest) -> {
              request.requireGet();
              return new ApiResponse.Document(200, version, Negotiated.PRETTY, new Headers());
            });
    OpenApiEndpoint openApi = new OpenApiEndpoint(config.registry());
    paths
        .at("/openapi/v2", openApi::v2)
        .at("/swagger.json", openApi::v2)
        .below("/openapi/v3", openApi::v3);
    if (config.swaggerUi()) {
      paths.below(SWAGGER_UI, new SwaggerUi());
    }
    OpenIdDocuments openId = config.openId();
    if (openId != null) {
      paths
          .at(
              "/.well-known/openid-configuration",
              (request, rest) -> json("application/json", openId.configuration().get()))
          .at(
              "/openid/v1/jwks",
              (request, rest) -> json("application/jwk-set+json", openId.keys().get()));
    }
    ControllableClock turnable = config.turnable();
    if (turnable != null) {
      paths.at("/coracle/clock", new ClockEndpoint(turnable));
    }
    MetricsEndpoint metricsEndpoint = new MetricsEndpoint(metrics);
    paths.at("/metrics", metricsEndpoint::all).at("/metrics/slis", metricsEndpoint::healthOf);
    health.count(metrics);
    RequestMetrics requestMetrics =
        new RequestMetrics(metrics, config.registry(), inFlight, paths::registered);
    WatchedAuthorizer authorizer = WatchedAuthorizer.of(config.authorizer());
    paths.at(AuthorizationsEndpoint.PATH, new AuthorizationsEndpoint(authorizer));
    Access access = new Access(authorizer);
    ConnectEndpoint connect = new ConnectEndpoint(locations, relay, access);
    this.chain =
        new FilterChain(
            config.authenticator(),
            config.anonymousAllowed(),
            access,
            ApiServer::isOpen,
            config.audit(),
            requestMetrics,
            new AuthMetrics(metrics),
            inFlight,
            flows,
            new Dispatcher(
                new ResourceEndpoint(config.registry(), connect),
                paths,
                services,
                extensions,
                locals));
    this.encoder = new Encoder(new SchemaTables(config.registry(), InstantSource.system()));
    this.door = new HttpDoor(chain, encoder, new WatchMetrics(metrics), config.limits().timeout());
  }

  private static List<String> listedPaths(Discovery discovery, HealthChecks health) {
    ArrayList<String> paths = new ArrayList<>(discovery.paths());
    for (String endpoint : List.of("/healthz/", "/livez/", "/readyz/")) {
      health.names().forEach(name -> paths.add(endpoint + name));
    }
    return paths;
  }

  /** Paths for which nobody needs a right: the files of the Swagger UI, when they are served. */
  private static boolean isOpen(String path) {
    return path.equals(SWAGGER_UI) || path.startsWith(SWAGGER_UI + "/");
  }

  private static ApiResponse json(String contentType, JsonNode document) {
    return new ApiResponse.Bytes(200, contentType, Json.write(document), new Headers());
  }

  /** Makes a server that does not listen yet. */
  public static ApiServer create(ApiServerConfig config) {
    return new ApiServer(config);
  }

  /**
   * Makes a server that listens.
   *
   * @throws IOException naming the address that could not be had
   */
  public static ApiServer start(ApiServerConfig config) throws IOException {
    ApiServer server = create(config);
    server.listen();
    return server;
  }

  /**
   * Opens the HTTP door; does nothing when the configuration has none.
   *
   * @throws IOException naming the address that could not be had
   */
  public void listen() throws IOException {
    HttpServerOptions options = config.http();
    if (options != null && http == null) {
      http = HttpServer.start(options, door);
    }
  }

  /**
   * Keeps APIService objects of what this server serves, and passes on what they give to extension
   * servers. Returns at once.
   *
   * @param identity who this server is to extension servers: the front-proxy client certificate;
   *     asked for when there is one
   */
  public void startAggregation(Supplier<ClientTls> identity) {
    services.start(identity);
  }

  /**
   * Keeps the FlowSchemas and PriorityLevelConfigurations that every cluster has, and says from
   * then on which ones requests belong to. Returns at once.
   */
  public void startFlowControl() {
    flows.start();
  }

  /** Serves a group and version that another part of this process answers for. */
  public void serve(LocalGroup group) {
    locals.add(group);
    services.check();
  }

  /** The API for a component of this process, which is called by the last part of its name. */
  public Transport inMemoryTransport(UserInfo user) {
    return inMemoryTransport(user, user.name().substring(user.name().lastIndexOf(':') + 1));
  }

  /**
   * The API for a component of this process.
   *
   * @param program of which it would be a part in Kubernetes: the manager of the fields it writes
   */
  public Transport inMemoryTransport(UserInfo user, String program) {
    return new InMemoryTransport(chain, encoder, user, program);
  }

  /** Where checks of other parts of the process are added. */
  public HealthChecks health() {
    return health;
  }

  private boolean isOwnPort(int port) {
    return addresses().stream()
        .anyMatch(address -> address instanceof InetSocketAddress own && own.getPort() == port);
  }

  /**
   * Shows another certificate, and takes clients of other authorities, from the next connection on.
   *
   * @throws IllegalArgumentException when they are of no use; the old ones stay
   */
  public void reloadTls(ServerTls tls) {
    HttpServer listening = http;
    if (listening != null) {
      listening.reloadTls(tls);
    }
  }

  /** Where it listens; empty before {@link #listen}. */
  public List<SocketAddress> addresses() {
    HttpServer listening = http;
    return listening == null ? List.of() : listening.addresses();
  }

  /** The port of the first address. */
  public int port() {
    HttpServer listening = http;
    if (listening == null) {
      throw new IllegalStateException("this server does not listen");
    }
    return listening.port();
  }

  /** Stops to listen, lets running requests finish for a moment, ends watches. */
  @Override
  public void close() {
    flows.close();
    services.close();
    HttpServer listening = http;
    if (listening != null) {
      door.close();
      listening.shutdown(GRACE);
    }
    origins.close();
  }
}
