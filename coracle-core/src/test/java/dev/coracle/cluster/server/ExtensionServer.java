package dev.coracle.cluster.server;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.client.Client;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Assumptions;

/**
 * A real extension API server over HTTPS, behind a Service of its name in the namespace default,
 * that takes requests only with the front proxy's certificate.
 */
public final class ExtensionServer implements AutoCloseable {

  static final GroupVersionResource API_SERVICES =
      GroupVersionResource.of("apiregistration.k8s.io", "v1", "apiservices");
  private static final AtomicInteger STARTED = new AtomicInteger();

  private final Client client;
  private final String name;
  private final String address;
  private final HttpsServer server;
  private final CertificateAuthority authority;

  private ExtensionServer(
      Client client,
      String name,
      String address,
      HttpsServer server,
      CertificateAuthority authority) {
    this.client = client;
    this.name = name;
    this.address = address;
    this.server = server;
    this.authority = authority;
  }

  /**
   * Skips the test when there is no right to add an address.
   *
   * @param pki the cluster's, which has the front proxy's authority
   */
  public static ExtensionServer start(Client client, Path pki, String name, HttpHandler handler)
      throws Exception {
    long id = ProcessHandle.current().pid();
    String address =
        "198.%d.%d.%d".formatted(18 + (STARTED.getAndIncrement() & 1), id >> 8 & 255, id & 255);
    Assumptions.assumeTrue(
        ip("add", address), "needs the right to add an address to the loopback device (root)");
    await().until(() -> Files.exists(pki.resolve("front-proxy-ca.crt")));
    CertificateAuthority authority =
        CertificateAuthority.create("extension-ca", Instant.now(), Duration.ofDays(1));
    KeyAndCertificate serving =
        authority.issue(
            CertificateAuthority.Request.server(
                name, List.of(name + ".default.svc"), List.of(), Duration.ofDays(1)),
            Instant.now());
    Certificate frontProxy = Pem.certificate(Files.readString(pki.resolve("front-proxy-ca.crt")));
    HttpsServer server = HttpsServer.create(new InetSocketAddress(address, 0), 0);
    SSLContext context = tls(frontProxy, serving, authority.certificate());
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters strict = context.getDefaultSSLParameters();
            strict.setNeedClientAuth(true);
            parameters.setSSLParameters(strict);
          }
        });
    server.createContext("/", handler);
    server.start();
    ExtensionServer extension = new ExtensionServer(client, name, address, server, authority);
    extension.expose();
    return extension;
  }

  static SSLContext tls(Certificate trusted, KeyAndCertificate own, Certificate issuer)
      throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("trusted", trusted);
    store.setKeyEntry("own", own.key(), new char[0], new Certificate[] {own.certificate(), issuer});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
    trust.load(null, null);
    trust.setCertificateEntry("trusted", trusted);
    TrustManagerFactory trusts =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusts.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusts.getTrustManagers(), null);
    return context;
  }

  /** Makes it known for a group and version, and waits until it is available. */
  public void register(String group, String version) throws IOException {
    String service = version + "." + group;
    ObjectNode registration =
        json(
            """
            {'apiVersion':'apiregistration.k8s.io/v1','kind':'APIService',
             'metadata':{'name':'%s'},
             'spec':{'group':'%s','version':'%s','groupPriorityMinimum':100,
              'versionPriority':100,'service':{'namespace':'default','name':'%s'}}}
            """
                .formatted(service, group, version, name));
    String pem = authority.keyAndCertificate().certificatePem();
    registration
        .withObject("/spec")
        .put("caBundle", Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8)));
    KubeObject unused = client.create(API_SERVICES, "", registration);
    await()
        .until(
            () ->
                client
                    .get(API_SERVICES, "", service)
                    .at("status", "conditions")
                    .path(0)
                    .path("reason")
                    .asText()
                    .equals("Passed"));
  }

  private void expose() throws IOException {
    int port = server.getAddress().getPort();
    KubeObject service =
        client.create(
            GroupVersionResource.core("services"),
            "default",
            json(
                """
                {'apiVersion':'v1','kind':'Service','metadata':{'name':'%s'},
                 'spec':{'ports':[{'name':'https','port':443,'targetPort':%d}]}}
                """
                    .formatted(name, port)));
    KubeObject slice =
        client.create(
            GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices"),
            "default",
            json(
                """
                {'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','addressType':'IPv4',
                 'metadata':{'name':'%s-1','labels':{'kubernetes.io/service-name':'%s'}},
                 'endpoints':[{'addresses':['%s'],'conditions':{'ready':true}}],
                 'ports':[{'name':'https','port':%d,'protocol':'TCP'}]}
                """
                    .formatted(name, service.name(), address, port)));
    assert slice.name().startsWith(name);
  }

  static ObjectNode json(String text) throws IOException {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  /** Answers with JSON. */
  public static void answer(HttpExchange exchange, int code, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    try (var out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  /** Nobody answers any more; what is registered stays. */
  void stop() {
    server.stop(0);
  }

  @Override
  public void close() throws Exception {
    server.stop(0);
    boolean unused = ip("del", address);
  }

  /**
   * Endpoints may not be in 127.0.0.0/8, and tests may only speak on this machine: an address of
   * the loopback device for as long as the test runs.
   */
  private static boolean ip(String command, String address) throws Exception {
    Process process =
        new ProcessBuilder("ip", "address", command, address + "/32", "dev", "lo")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor() == 0;
  }
}
