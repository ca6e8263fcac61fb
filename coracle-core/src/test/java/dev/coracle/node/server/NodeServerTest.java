package dev.coracle.node.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.client.Call;
import dev.coracle.client.Client;
import dev.coracle.client.FakeTransport;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Transport;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.runtime.simulated.SimulatedRuntime;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeServerTest {

  @TempDir private Path directory;
  private final SystemClock clock = new SystemClock();
  private Pki pki;
  private NodeServer server;

  private static final KubeObject POD =
      KubeObject.of(
          "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"uid\":\"u\"},\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"x\"},{\"name\":\"done\"}]}}"
              .getBytes(StandardCharsets.UTF_8));

  private static final KubeObject ENDED =
      KubeObject.of(
          "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"ended\",\"namespace\":\"default\"},\"spec\":{\"containers\":[{\"name\":\"main\"}]}}"
              .getBytes(StandardCharsets.UTF_8));

  @BeforeEach
  void start() throws Exception {
    pki = Pki.open(directory.resolve("pki"), Instant.now());
    KeyAndCertificate serving =
        pki.server("kubelet", "one", List.of("localhost"), List.of("127.0.0.1"));
    Client client = new Client(reviewing(new FakeTransport()));
    Path log = directory.resolve("0.log");
    Files.writeString(
        log,
        "2026-11-21T03:45:07.123000000Z stdout F one\n2026-11-21T03:45:08.123000000Z stdout F two\n");
    server =
        NodeServer.start(
            NodeConfig.builder(
                    client,
                    new InformerFactory(client, clock),
                    "one",
                    directory,
                    new SimulatedRuntime(clock, 1),
                    clock)
                .listen(
                    new InetSocketAddress("127.0.0.1", 0),
                    ServerTls.of(serving.key(), List.of(serving.certificate()))
                        .requestingClientCertificates(List.of(pki.authority().certificate())))
                .build(),
            new NodeServer.Pods() {
              @Override
              public List<KubeObject> list() {
                return List.of(POD, ENDED);
              }

              @Override
              public @Nullable KubeObject find(String namespace, String name) {
                return name.equals("web") ? POD : null;
              }

              @Override
              public @Nullable String runningContainer(
                  String namespace, String name, String container) {
                return container.equals("main") ? "id" : null;
              }

              @Override
              public @Nullable String sandbox(String namespace, String name) {
                return name.equals("web") ? "sandbox" : null;
              }

              @Override
              public @Nullable Path log(
                  String namespace, String name, String container, boolean previous) {
                return previous ? null : log;
              }
            });
  }

  @AfterEach
  void stop() {
    server.close();
    clock.close();
  }

  /** Answers SubjectAccessReviews as an API server does that knows of no role. */
  private static Transport reviewing(Transport objects) {
    return new Transport() {
      @Override
      public Answer send(Call call) {
        if (!call.resource().resource().equals("subjectaccessreviews")
            || !(call.body() instanceof ObjectNode body)) {
          return objects.send(call);
        }
        ObjectNode review = body.deepCopy();
        boolean allowed = false;
        for (JsonNode group : review.path("spec").path("groups")) {
          allowed |= group.asText().equals("system:masters");
        }
        review.putObject("status").put("allowed", allowed);
        return new Answer.One(KubeObject.of(review));
      }

      @Override
      public JsonNode read(String path, String accept) {
        return objects.read(path, accept);
      }

      @Override
      public Watch watch(Call call, WatchHandler handler) {
        return objects.watch(call, handler);
      }
    };
  }

  private HttpClient client(boolean withCertificate) throws Exception {
    return client(withCertificate, "kube-apiserver-kubelet-client", "system:masters");
  }

  private HttpClient client(boolean withCertificate, String user, String group) throws Exception {
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", pki.authority().certificate());
    TrustManagerFactory trusts = TrustManagerFactory.getInstance("PKIX");
    trusts.init(trust);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    if (withCertificate) {
      KeyAndCertificate identity =
          pki.client("test-" + user.replace(':', '-'), user, List.of(group));
      own.setKeyEntry(
          "me",
          identity.key(),
          new char[0],
          new java.security.cert.Certificate[] {identity.certificate()});
    }
    keys.init(own, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusts.getTrustManagers(), new SecureRandom());
    return HttpClient.newBuilder().sslContext(context).build();
  }

  private HttpResponse<String> get(HttpClient client, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void anonymous_seesHealthOnly() throws Exception {
    try (HttpClient client = client(false)) {
      assertThat(get(client, "/healthz").body()).isEqualTo("ok");
      assertThat(get(client, "/pods").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void apiServer_readsLogsPodsAndStats() throws Exception {
    try (HttpClient client = client(true)) {
      assertThat(get(client, "/containerLogs/default/web/main").body()).isEqualTo("one\ntwo\n");
      assertThat(get(client, "/containerLogs/default/web/main?tailLines=1&timestamps=true").body())
          .isEqualTo("2026-11-21T03:45:08.123000000Z two\n");
      assertThat(get(client, "/containerLogs/default/web/main?previous=true").statusCode())
          .isEqualTo(400);
      assertThat(get(client, "/containerLogs/default/none/main").statusCode()).isEqualTo(404);
      assertThat(get(client, "/pods").body()).contains("\"PodList\"", "\"web\"");
      assertThat(get(client, "/configz").body())
          .startsWith("{\"kubeletconfig\":{")
          .contains("\"maxPods\":110", "\"port\":" + server.port(), "\"mode\":\"Webhook\"");
      JsonNode memory = Json.read(get(client, "/stats/summary").body()).at("/node/memory");
      assertThat(memory.path("rssBytes").asLong()).isPositive();
      assertThat(memory.path("workingSetBytes").asLong())
          .isPositive()
          .isLessThanOrEqualTo(memory.path("usageBytes").asLong());
      assertThat(memory.path("availableBytes").asLong()).isPositive();
      assertThat(get(client, "/metrics/resource").body()).contains("node_cpu_usage_seconds_total");
      assertThat(get(client, "/exec/default/web/main?command=ls").statusCode()).isEqualTo(500);
    }
  }

  @Test
  void runningPods_areThoseOfTheRuntime() throws Exception {
    try (HttpClient client = client(true)) {
      for (String path : List.of("/runningpods/", "/runningpods")) {
        assertThat(get(client, path).body())
            .isEqualTo(
                "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"uid\":\"u\",\"creationTimestamp\":null},\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"x\",\"resources\":{}}]},\"status\":{}}]}");
      }
    }
  }

  @Test
  void logs_areTheNodesOwn() throws Exception {
    Path container = Files.createDirectories(directory.resolve("logs/default_a&b_u/main"));
    Files.writeString(container.resolve("0.log"), "said\n");
    Files.createSymbolicLink(container.resolve("1.log"), directory.resolve("0.log"));
    try (HttpClient client = client(true)) {
      assertThat(get(client, "/logs/").body()).contains("<a href=\"pods/\">pods/</a>");
      assertThat(get(client, "/logs/pods/").body())
          .contains("<a href=\"default_a%26b_u/\">default_a&amp;b_u/</a>");
      HttpResponse<String> moved = get(client, "/logs/pods/default_a%26b_u");
      assertThat(moved.statusCode()).isEqualTo(301);
      assertThat(moved.headers().firstValue("Location")).hasValue("default_a%26b_u/");
      HttpResponse<String> log = get(client, "/logs/pods/default_a%26b_u/main/0.log");
      assertThat(log.body()).isEqualTo("said\n");
      assertThat(log.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
      for (String path :
          List.of(
              "pods/%2e%2e/0.log", "pods/..%2f0.log", "0.log", "pods/default_a%26b_u/main/1.log")) {
        assertThat(get(client, "/logs/" + path).statusCode()).as(path).isEqualTo(404);
      }
    }
  }

  @Test
  void anotherCertificateOfTheCluster_withoutRights_isForbidden() throws Exception {
    try (HttpClient client = client(true, "system:node:two", "system:nodes")) {
      HttpResponse<String> logs = get(client, "/containerLogs/default/web/main");
      assertThat(logs.statusCode()).isEqualTo(403);
      assertThat(logs.body())
          .isEqualTo(
              "Forbidden (user=system:node:two, verb=get, resource=nodes,"
                  + " subresource(s)=[proxy])\n");
      assertThat(get(client, "/pods").statusCode()).isEqualTo(403);
      assertThat(get(client, "/exec/default/web/main?command=ls").statusCode()).isEqualTo(403);
      assertThat(get(client, "/stats/summary").statusCode()).isEqualTo(403);
      assertThat(get(client, "/healthz").statusCode()).isEqualTo(200);
      assertThat(get(client, "/runningpods/").statusCode()).isEqualTo(403);
      assertThat(get(client, "/logs/").body())
          .isEqualTo(
              "Forbidden (user=system:node:two, verb=get, resource=nodes,"
                  + " subresource(s)=[log])\n");
    }
  }

  @Test
  void foreignCertificate_isRefused() throws Exception {
    Pki other = Pki.open(directory.resolve("other"), Instant.now());
    Pki own = pki;
    pki = other;
    try (HttpClient client = client(true)) {
      assertThatThrownBy(() -> get(client, "/pods")).isInstanceOf(java.io.IOException.class);
    } finally {
      pki = own;
    }
  }
}
