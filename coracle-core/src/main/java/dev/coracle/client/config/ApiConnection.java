package dev.coracle.client.config;

import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpClient;
import dev.coracle.http.HttpOrigin;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.http.tls.PemReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/**
 * Connections to one API server with one identity. Files of the configuration that change (a
 * renewed token, another CA) are read again, at most once a second.
 */
public final class ApiConnection implements AutoCloseable {

  private static final long LOOK_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

  /** One reading of the configuration's files. */
  private record State(
      HttpOrigin origin, String authorization, String tlsFiles, String tokenFile) {}

  private final HttpClient client;
  private final ConnectionConfig config;
  private volatile State state;
  private volatile long lookedAt;

  /**
   * @throws IOException when a file cannot be read or is of no use
   */
  public ApiConnection(HttpClient client, ConnectionConfig config) throws IOException {
    this.client = client;
    this.config = config;
    this.state =
        new State(origin(), config.authorization(), config.tlsVersion(), config.token().version());
    this.lookedAt = System.nanoTime();
  }

  public ConnectionConfig config() {
    return config;
  }

  /** The server's own path, without a slash at its end; mostly empty. */
  public String basePath() {
    String path = config.server().getRawPath();
    return path == null ? "" : path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /**
   * Sends a request as the configured identity, unless it has an Authorization of its own.
   *
   * @param timeout for the answer's head; zero for none
   */
  public ClientResponse send(ClientRequest request, Duration timeout) throws IOException {
    State now = current();
    if (!now.authorization.isEmpty() && !request.headers().contains("authorization")) {
      Headers headers = request.headers().copy().add("Authorization", now.authorization);
      return now.origin.send(
          new ClientRequest(
              request.method(), request.target(), headers, request.body(), request.length()),
          timeout);
    }
    return now.origin.send(request, timeout);
  }

  private State current() {
    State known = state;
    if (System.nanoTime() - lookedAt < LOOK_AGAIN_NANOS) {
      return known;
    }
    return look();
  }

  /** A file that cannot be read just now leaves everything as it was. */
  private synchronized State look() {
    State known = state;
    lookedAt = System.nanoTime();
    String tlsFiles = config.tlsVersion();
    String tokenFile = config.token().version();
    if (tlsFiles.equals(known.tlsFiles) && tokenFile.equals(known.tokenFile)) {
      return known;
    }
    try {
      boolean sameTls = tlsFiles.equals(known.tlsFiles);
      HttpOrigin origin = sameTls ? known.origin : origin();
      State now = new State(origin, config.authorization(), tlsFiles, tokenFile);
      state = now;
      if (!sameTls) {
        known.origin.close();
      }
      return now;
    } catch (IOException e) {
      return known;
    }
  }

  private HttpOrigin origin() throws IOException {
    URI server = config.server();
    boolean secure = "https".equals(server.getScheme());
    String host = server.getHost();
    if (host == null || !secure && !"http".equals(server.getScheme())) {
      throw new IOException("the server's address " + server + " is not of the form https://host");
    }
    int port = server.getPort() < 0 ? (secure ? 443 : 80) : server.getPort();
    String plainHost = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    try {
      return client.origin(
          InetSocketAddress.createUnresolved(plainHost, port),
          server.getRawAuthority(),
          secure ? tls() : null);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private ClientTls tls() throws IOException {
    List<X509Certificate> authorities =
        config.authorities().isPresent() && !config.insecure() ? config.trusted() : List.of();
    ClientTls tls = new ClientTls(authorities, config.insecure(), null, List.of(), "");
    if (config.certificate().isPresent() && config.key().isPresent()) {
      tls = tls.withIdentity(PemReader.privateKey(config.key().read()), config.chain());
    }
    return tls.withServerName(config.serverName());
  }

  /** Ends idle connections; those in use end after their exchange. */
  @Override
  public void close() {
    state.origin.close();
  }
}
