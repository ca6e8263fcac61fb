package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.client.Client;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** APIServices: those of the server's own groups, and a real HTTPS extension server behind one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AggregationTest {

  private static final GroupVersionResource API_SERVICES =
      GroupVersionResource.of("apiregistration.k8s.io", "v1", "apiservices");
  private static final GroupVersionResource DEFINITIONS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  private static final Duration SOON = Duration.ofSeconds(20);

  private TestCluster cluster;
  private Client client;
  private HttpClient http;
  private Path pki;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
    pki = directory.resolve("data/pki");
    Certificate authority = Pem.certificate(Files.readString(pki.resolve("ca.crt")));
    KeyAndCertificate admin =
        new KeyAndCertificate(
            Pem.privateKey(Files.readString(pki.resolve("admin.key"))),
            Pem.certificate(Files.readString(pki.resolve("admin.crt"))));
    http = HttpClient.newBuilder().sslContext(tls(authority, admin, authority)).build();
  }

  @AfterAll
  void stop() {
    http.close();
    cluster.close();
  }

  private static SSLContext tls(Certificate trusted, KeyAndCertificate own, Certificate issuer)
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

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(cluster.server() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String available(KubeObject service) {
    JsonNode condition = service.at("status", "conditions").path(0);
    return condition.path("status").asText() + " " + condition.path("reason").asText();
  }

  private String available(String name) {
    KubeObject service = client.find(API_SERVICES, "", name);
    return service == null ? "" : available(service);
  }

  private static ObjectNode json(String text) throws IOException {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void apiServices_ofOwnGroups_areThereAndAvailable() {
    for (String name : List.of("v1.", "v1.apps", "v2.autoscaling", "v1.batch")) {
      await().atMost(SOON).until(() -> available(name).equals("True Local"));
    }
    KubeObject core = client.get(API_SERVICES, "", "v1.");
    assertThat(core.at("spec", "groupPriorityMinimum").asInt()).isEqualTo(18_000);
    assertThat(core.at("metadata", "labels", "kube-aggregator.kubernetes.io/automanaged").asText())
        .isEqualTo("onstart");
  }

  @Test
  void customResourceDefinition_created_isInAllDocumentsAtOnceAndGoneAfterwards() throws Exception {
    String before = get("/openapi/v2").headers().firstValue("etag").orElse("");
    client.create(
        DEFINITIONS,
        "",
        json(
            """
            {'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',
             'metadata':{'name':'boats.sea.example.com'},
             'spec':{'group':'sea.example.com','scope':'Namespaced',
              'names':{'plural':'boats','singular':'boat','kind':'Boat','shortNames':['bo']},
              'versions':[{'name':'v1','served':true,'storage':true,
               'schema':{'openAPIV3Schema':{'type':'object','properties':{'spec':{'type':'object',
                'properties':{'oars':{'type':'integer','description':'How many oars.'}}}}}}}]}}
            """));
    long written = System.nanoTime();
    assertThat(get("/apis/sea.example.com/v1").body()).contains("\"boats\"");
    assertThat(Duration.ofNanos(System.nanoTime() - written)).isLessThan(Duration.ofSeconds(1));
    assertThat(get("/apis").body()).contains("sea.example.com");
    assertThat(
            get(
                    "/apis",
                    "Accept",
                    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                .body())
        .contains("\"boats\"");
    HttpResponse<String> swagger = get("/openapi/v2");
    assertThat(swagger.body())
        .contains("/apis/sea.example.com/v1/namespaces/{namespace}/boats", "How many oars.");
    assertThat(swagger.headers().firstValue("etag").orElse("")).isNotEqualTo(before);
    assertThat(get("/swagger.json").body()).isEqualTo(swagger.body());
    assertThat(get("/openapi/v3").body()).contains("apis/sea.example.com/v1");
    assertThat(get("/openapi/v3/apis/sea.example.com/v1").body()).contains("How many oars.");
    await().atMost(SOON).until(() -> available("v1.sea.example.com").equals("True Local"));

    client.delete(DEFINITIONS, "", "boats.sea.example.com", DeleteOptions.background());
    await().atMost(SOON).until(() -> client.find(DEFINITIONS, "", "boats.sea.example.com") == null);
    assertThat(get("/apis/sea.example.com/v1").statusCode()).isEqualTo(404);
    assertThat(get("/openapi/v2").body()).doesNotContain("sea.example.com");
    await().atMost(SOON).until(() -> client.find(API_SERVICES, "", "v1.sea.example.com") == null);
  }

  @Test
  void apiService_ofExtensionServer_isProxiedWithIdentityAndUnavailableWithoutIt()
      throws Exception {
    long pid = ProcessHandle.current().pid();
    String address = "198.18." + (pid >> 8 & 255) + "." + (pid & 255);
    Assumptions.assumeTrue(
        ip("add", address), "needs the right to add an address to the loopback device (root)");
    try {
      proxied(address);
    } finally {
      ip("del", address);
    }
  }

  private void proxied(String address) throws Exception {
    await().atMost(SOON).until(() -> Files.exists(pki.resolve("front-proxy-ca.crt")));
    CertificateAuthority authority =
        CertificateAuthority.create("extension-ca", Instant.now(), Duration.ofDays(1));
    KeyAndCertificate serving =
        authority.issue(
            CertificateAuthority.Request.server(
                "ext", List.of("ext.default.svc"), List.of(), Duration.ofDays(1)),
            Instant.now());
    Certificate frontProxy = Pem.certificate(Files.readString(pki.resolve("front-proxy-ca.crt")));
    Map<String, String> seen = new ConcurrentHashMap<>();
    HttpsServer extension = HttpsServer.create(new InetSocketAddress(address, 0), 0);
    SSLContext context = tls(frontProxy, serving, authority.certificate());
    extension.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters strict = context.getDefaultSSLParameters();
            strict.setNeedClientAuth(true);
            parameters.setSSLParameters(strict);
          }
        });
    extension.createContext("/", exchange -> answer(exchange, seen));
    extension.start();
    try {
      register(address, extension.getAddress().getPort(), authority);
      await().atMost(SOON).until(() -> available("v1.ext.example.com").equals("True Passed"));
      assertThat(get("/apis/ext.example.com/v1/namespaces/default/tides/high?x=1").body())
          .contains("\"kind\":\"Tide\"");
      assertThat(seen)
          .containsEntry("path", "/apis/ext.example.com/v1/namespaces/default/tides/high?x=1")
          .containsEntry("user", "kubernetes-admin")
          .containsEntry("certificate", "CN=front-proxy-client");
      assertThat(seen.get("groups")).contains("system:masters").doesNotContain("forged");
      get("/apis/ext.example.com/v1/tides", "X-Remote-User", "mallory", "X-Remote-Group", "forged");
      assertThat(seen).containsEntry("user", "kubernetes-admin");
      assertThat(seen.get("groups")).doesNotContain("forged");
      assertThat(get("/apis").body()).contains("ext.example.com");
      assertThat(
              get(
                      "/apis",
                      "Accept",
                      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                  .body())
          .contains("\"tides\"");
      assertThat(cluster.kubectl("get", "--raw", "/apis/ext.example.com/v1").text())
          .contains("tides");
    } finally {
      extension.stop(0);
    }
    client.update(API_SERVICES, "", "v1.ext.example.com", touched());
    await().atMost(SOON).until(() -> available("v1.ext.example.com").startsWith("False"));
    await().atMost(SOON).until(() -> get("/apis/ext.example.com/v1/tides").statusCode() == 503);
    client.delete(API_SERVICES, "", "v1.ext.example.com", DeleteOptions.background());
    await().atMost(SOON).until(() -> get("/apis/ext.example.com/v1/tides").statusCode() == 404);
  }

  private ObjectNode touched() {
    ObjectNode service = client.get(API_SERVICES, "", "v1.ext.example.com").mutableTree();
    service.withObject("/metadata/labels").put("touched", "yes");
    return service;
  }

  private void register(String address, int port, CertificateAuthority authority)
      throws IOException {
    client.create(
        GroupVersionResource.core("services"),
        "default",
        json(
            """
            {'apiVersion':'v1','kind':'Service','metadata':{'name':'ext'},
             'spec':{'ports':[{'name':'https','port':443,'targetPort':%d}]}}
            """
                .formatted(port)));
    client.create(
        GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices"),
        "default",
        json(
            """
            {'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','addressType':'IPv4',
             'metadata':{'name':'ext-1','labels':{'kubernetes.io/service-name':'ext'}},
             'endpoints':[{'addresses':['%s'],'conditions':{'ready':true}}],
             'ports':[{'name':'https','port':%d,'protocol':'TCP'}]}
            """
                .formatted(address, port)));
    ObjectNode service =
        json(
            """
            {'apiVersion':'apiregistration.k8s.io/v1','kind':'APIService',
             'metadata':{'name':'v1.ext.example.com'},
             'spec':{'group':'ext.example.com','version':'v1','groupPriorityMinimum':100,
              'versionPriority':100,'service':{'namespace':'default','name':'ext'}}}
            """);
    String pem = authority.keyAndCertificate().certificatePem();
    service
        .withObject("/spec")
        .put("caBundle", Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8)));
    client.create(API_SERVICES, "", service);
  }

  private static void answer(HttpExchange exchange, Map<String, String> seen) throws IOException {
    if (exchange instanceof com.sun.net.httpserver.HttpsExchange secure) {
      seen.put("certificate", secure.getSSLSession().getPeerPrincipal().getName());
    }
    String path = exchange.getRequestURI().toString();
    String body;
    if (path.equals("/apis/ext.example.com/v1")) {
      body =
          """
          {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"ext.example.com/v1",
           "resources":[{"name":"tides","singularName":"tide","namespaced":true,"kind":"Tide",
            "verbs":["get","list"]}]}
          """;
    } else {
      seen.put("path", path);
      seen.put("user", String.join(",", exchange.getRequestHeaders().get("X-Remote-User")));
      seen.put("groups", String.join(",", exchange.getRequestHeaders().get("X-Remote-Group")));
      body = "{\"kind\":\"Tide\",\"apiVersion\":\"ext.example.com/v1\"}";
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    try (var out = exchange.getResponseBody()) {
      out.write(bytes);
    }
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
