package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.Patience;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.Material;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.TestCertificates;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpsTransportTest {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource DEPLOYMENTS =
      GroupVersionResource.of("apps", "v1", "deployments");
  private static final String POD =
      "{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"resourceVersion\":\"7\"}}";

  private final TestCertificates certificates = new TestCertificates();
  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final CountDownLatch clientGone = new CountDownLatch(1);
  private HttpServer server;
  private HttpsTransport transport;
  private Client client;

  @BeforeEach
  void start() throws Exception {
    TestCertificates.Identity me = certificates.client("O=system:nodes,CN=system:node:a");
    server =
        HttpServer.start(
            HttpServerOptions.loopback(
                certificates
                    .serverTls()
                    .requestingClientCertificates(java.util.List.of(certificates.authority()))),
            this::answer);
    ConnectionConfig config =
        ConnectionConfig.of(
                URI.create("https://localhost:" + server.port()),
                pem("CERTIFICATE", certificates.authority().getEncoded()),
                Material.NONE)
            .withClientCertificate(
                pem("CERTIFICATE", me.certificate().getEncoded()),
                pem("PRIVATE KEY", me.keys().getPrivate().getEncoded()));
    transport = new HttpsTransport(config, "test");
    client = new Client(transport);
  }

  @AfterEach
  void stop() {
    transport.close();
    server.close();
  }

  private static Material pem(String type, byte[] der) {
    return new Material.Data(
        ("-----BEGIN "
                + type
                + "-----\n"
                + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END "
                + type
                + "-----\n")
            .getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void answer(HttpRequest request, HttpResponder responder) throws Exception {
    asked.add(
        request.method()
            + " "
            + request.rawPath()
            + " "
            + request.rawQuery()
            + " "
            + request.headers().first("content-type", "-")
            + " "
            + new String(request.readBody(1 << 20), StandardCharsets.UTF_8));
    Headers json = Headers.of("Content-Type", "application/json");
    if (request.rawQuery().startsWith("watch=true")) {
      watch(request, responder);
    } else if (request.rawPath().endsWith("/pods")) {
      responder.send(
          200,
          json,
          bytes(
              "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"9\","
                  + "\"continue\":\"more\",\"remainingItemCount\":3},\"items\":["
                  + POD
                  + "]}"));
    } else if (request.rawPath().endsWith("/missing")) {
      responder.send(
          404,
          json,
          bytes(
              "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":"
                  + "\"pods \\\"missing\\\" not found\",\"reason\":\"NotFound\",\"code\":404}"));
    } else if (request.rawPath().endsWith("/who")) {
      responder.send(
          200,
          json,
          bytes(
              "{\"who\":\""
                  + request
                      .connection()
                      .peerCertificates()
                      .getFirst()
                      .getSubjectX500Principal()
                      .getName()
                  + "\"}"));
    } else {
      responder.send(
          200, json, bytes("{\"kind\":\"Pod\",\"apiVersion\":\"v1\"," + POD.substring(1)));
    }
  }

  private void watch(HttpRequest request, HttpResponder responder) throws Exception {
    responder.onDisconnect(clientGone::countDown);
    BodyStream stream = responder.stream(200, Headers.of("Content-Type", "application/json"));
    String object = "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"," + POD.substring(1);
    stream.write(bytes("{\"type\":\"ADDED\",\"object\":" + object + "}\n{\"type\":\"BOOK"));
    stream.write(bytes("MARK\",\"object\":" + object + "}\n"));
    if (request.rawQuery().contains("resourceVersion=1")) {
      stream.write(
          bytes(
              "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":"
                  + "\"Expired\",\"message\":\"too old\"}}\n"));
      return;
    }
    clientGone.await();
  }

  private Transport.WatchHandler handler() {
    return new Transport.WatchHandler() {
      @Override
      public void event(WatchEvent event) {
        told.add(event.type() + " " + event.object().key());
      }

      @Override
      public void ended(StatusException cause) {
        told.add("ended " + cause.code() + " " + cause.reason());
      }
    };
  }

  @Test
  void list_page_hasWholeObjectsAndTheToken() {
    ObjectList page = client.list(PODS, "n", ListOptions.ALL.withLabelSelector("a=b,c"));

    assertThat(asked.poll()).isEqualTo("GET /api/v1/namespaces/n/pods labelSelector=a%3Db%2Cc - ");
    assertThat(page.items()).extracting(KubeObject::kind).containsExactly("Pod");
    assertThat(page.items().getFirst().apiVersion()).isEqualTo("v1");
    assertThat(page.resourceVersion()).isEqualTo(9);
    assertThat(page.continueToken()).isEqualTo("more");
    assertThat(page.remainingItemCount()).isEqualTo(3);
  }

  @Test
  void patch_subresource_namesTypeAndPath() {
    client.patch(
        DEPLOYMENTS,
        "n",
        "d",
        "status",
        PatchType.MERGE,
        Json.object().put("x", 1),
        WriteOptions.NONE);

    assertThat(asked.poll())
        .isEqualTo(
            "PATCH /apis/apps/v1/namespaces/n/deployments/d/status "
                + " application/merge-patch+json {\"x\":1}");
  }

  @Test
  void get_missing_throwsTheServersStatus() {
    assertThatThrownBy(() -> client.get(PODS, "n", "missing"))
        .isInstanceOf(StatusException.class)
        .hasMessage("pods \"missing\" not found")
        .matches(e -> ((StatusException) e).isNotFound());
  }

  @Test
  void read_clientCertificate_isShown() {
    assertThat(transport.read("/who").path("who").asText())
        .contains("CN=system:node:a")
        .contains("O=system:nodes");
  }

  @Test
  void watch_historyGone_tellsEventsThenTheEnd() throws Exception {
    client.watch(PODS, "", ListOptions.ALL.withResourceVersion("1"), handler());

    assertThat(told.poll(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo("ADDED n/p");
    assertThat(told.poll(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo("BOOKMARK n/p");
    assertThat(told.poll(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo("ended 410 Expired");
  }

  @Test
  void watch_closed_isQuietAndDisconnects() throws Exception {
    Transport.Watch watch = client.watch(PODS, "", ListOptions.ALL, handler());
    assertThat(told.poll(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo("ADDED n/p");
    assertThat(told.poll(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo("BOOKMARK n/p");

    watch.close();

    assertThat(clientGone.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(told).isEmpty();
  }

  @Test
  void get_serverGone_is503() throws IOException {
    server.close();

    assertThatThrownBy(() -> client.get(PODS, "n", "p"))
        .isInstanceOf(StatusException.class)
        .matches(e -> ((StatusException) e).code() == 503);
  }
}
