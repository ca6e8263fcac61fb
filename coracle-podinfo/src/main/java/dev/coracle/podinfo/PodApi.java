package dev.coracle.podinfo;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The API server as a Pod reaches it: found by the Service variables, else by DNS; trusted by the
 * mounted CA alone; asked with the current token. Rotation of token and CA is followed without a
 * restart; when a file can't be read at a moment, the last good one goes on.
 *
 * <p>Thread-safe.
 */
public final class PodApi implements AutoCloseable {

  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** A client and the CA that it trusts. */
  private static final class Trusting {
    final String authority;
    final HttpClient client;

    Trusting(String authority, HttpClient client) {
      this.authority = authority;
      this.client = client;
    }
  }

  private final PodInfo pod;
  private final URI server;
  private volatile Trusting trusting;
  private volatile String token;

  private PodApi(PodInfo pod, URI server, Trusting trusting, String token) {
    this.pod = pod;
    this.server = server;
    this.trusting = trusting;
    this.token = token;
  }

  /**
   * @throws PodInfoException when the Pod has no ServiceAccount or does not know the server
   */
  public static PodApi of(PodInfo pod) {
    String authority = pod.certificateAuthority();
    return new PodApi(pod, find(pod), new Trusting(authority, client(authority)), pod.token());
  }

  private static URI find(PodInfo pod) {
    String host = pod.variable("KUBERNETES_SERVICE_HOST").orElse("");
    String port =
        pod.variable("KUBERNETES_SERVICE_PORT_HTTPS")
            .or(() -> pod.variable("KUBERNETES_SERVICE_PORT"))
            .orElse("443");
    if (host.isEmpty()) {
      host = "kubernetes.default.svc";
      try {
        InetAddress address = InetAddress.getByName(host);
        if (address.isAnyLocalAddress()) {
          throw new UnknownHostException(host);
        }
      } catch (UnknownHostException e) {
        throw new PodInfoException(
            "the API server can't be found: KUBERNETES_SERVICE_HOST is not set and "
                + host
                + " does not resolve; is this a Pod, and is its dnsPolicy ClusterFirst?",
            e);
      }
    }
    String authority = host.contains(":") ? "[" + host + "]" : host;
    return URI.create("https://" + authority + ":" + port);
  }

  private static HttpClient client(String authority) {
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(authority.getBytes(StandardCharsets.US_ASCII)))) {
        trusted.setCertificateEntry("ca" + number++, certificate);
      }
      if (number == 0) {
        throw new PodInfoException("ca.crt has no certificate");
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return HttpClient.newBuilder().sslContext(context).connectTimeout(CONNECT).build();
    } catch (GeneralSecurityException | IOException e) {
      throw new PodInfoException("ca.crt can't be used: " + e.getMessage(), e);
    }
  }

  /** The server's address, such as {@code https://10.96.0.1:443}. */
  public URI server() {
    return server;
  }

  /** A client that trusts what {@code ca.crt} says now. The same one until that changes. */
  public HttpClient client() {
    Trusting current = trusting;
    String authority;
    try {
      authority = pod.certificateAuthority();
    } catch (PodInfoException e) {
      return current.client;
    }
    if (!authority.equals(current.authority)) {
      try {
        current = new Trusting(authority, client(authority));
        trusting = current;
      } catch (PodInfoException e) {
        // A file that is no certificate: the last good one goes on.
        return trusting.client;
      }
    }
    return current.client;
  }

  /** The token to send now; the last good one when the file can't be read. */
  public String token() {
    try {
      String now = pod.token();
      if (!now.isEmpty()) {
        token = now;
      }
    } catch (PodInfoException e) {
      return token;
    }
    return token;
  }

  /**
   * A request that carries the current token.
   *
   * @param path below the server, such as {@code /api/v1/pods?limit=5}
   */
  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.resolve(path))
        .header("Authorization", "Bearer " + token())
        .header("Accept", "application/json");
  }

  /**
   * Sends a request to the server.
   *
   * @throws IOException when it can't be reached or is not the one that {@code ca.crt} stands for
   */
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    return client().send(request, handler);
  }

  /** Reads a path: JSON as text, with its status code. */
  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path).GET().build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Nothing is kept open that would have to be closed; here for try-with-resources. */
  @Override
  public void close() {}
}
