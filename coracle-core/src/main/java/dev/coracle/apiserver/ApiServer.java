package dev.coracle.apiserver;

import dev.coracle.api.UserInfo;
import dev.coracle.client.Transport;
import java.util.List;

/**
 * The API server. {@link #create} makes it usable for this process's components, {@link #listen}
 * opens it to others: so RBAC's informers, for instance, can fill before the first request over the
 * wire.
 */
public final class ApiServer implements AutoCloseable {

  private final ApiServerConfig config;
  private final FilterChain chain;
  private final HttpDoor door;
  private final HealthChecks health;

  private ApiServer(ApiServerConfig config) {
    this.config = config;
    this.health = new HealthChecks();
    InFlight inFlight = new InFlight(config.mostReading(), config.mostMutating());
    Requests requests = new Requests(inFlight);
    Discovery discovery = new Discovery(config.registry(), config.advertisedAddress());
    PathEndpoints paths = new PathEndpoints(() -> listedPaths(discovery, health));
    byte[] version = Version.json();
    paths
        .below("/api", discovery::core)
        .below("/apis", discovery::groups)
        .below("/healthz", (request, rest) -> health.serve(request, "healthz", rest))
        .below("/livez", (request, rest) -> health.serve(request, "livez", rest))
        .below("/readyz", (request, rest) -> health.serve(request, "readyz", rest))
        .at("/metrics", requests::serve)
        .at(
            "/version",
            (request, rest) ->
                new ApiResponse.Document(
                    200, version, PRETTY_VERSION, new dev.coracle.http.Headers()));
    this.chain =
        new FilterChain(
            config.authenticator(),
            config.anonymousAllowed(),
            new Access(config.authorizer()),
            config.audit(),
            inFlight,
            new Dispatcher(new ResourceEndpoint(config.registry(), null), paths));
    this.door = new HttpDoor(chain, new Encoder(new PlainTables()), config.audit(), requests);
  }

  /** Like kube-apiserver, which always indents this one. */
  private static final Negotiated PRETTY_VERSION =
      new Negotiated(Negotiated.Encoding.JSON, Negotiated.View.WHOLE, true, "application/json");

  private static List<String> listedPaths(Discovery discovery, HealthChecks health) {
    java.util.ArrayList<String> paths = new java.util.ArrayList<>(discovery.paths());
    for (String endpoint : List.of("/healthz/", "/livez/", "/readyz/")) {
      health.names().forEach(name -> paths.add(endpoint + name));
    }
    return paths;
  }

  /** Makes a server that does not listen yet. */
  public static ApiServer create(ApiServerConfig config) {
    return new ApiServer(config);
  }

  /** The API for a component of this process, with this identity. */
  public Transport inMemoryTransport(UserInfo user) {
    return new InMemoryTransport(chain, user);
  }

  /** Where checks of other parts of the process are added. */
  public HealthChecks health() {
    return health;
  }

  @Override
  public void close() {}
}
