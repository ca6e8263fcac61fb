package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.Patience;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.client.Client;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.http.BodyStream;
import dev.coracle.http.ByteTunnel;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ServerTls;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API server passes on, with real servers behind it: an application and a kubelet. */
class ConnectTest {

  @TempDir static Path directory;
  private static DevServer dev;
  private static HttpServer application;
  private static HttpServer kubelet;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    dev = new DevServer(directory);
    http = TrustAnyone.client();
    application = HttpServer.start(HttpServerOptions.loopback(null), ConnectTest::serveApplication);
    KeyAndCertificate serving =
        Pki.open(directory, Instant.now())
            .server("kubelet", "system:node:n1", List.of("n1"), List.of("127.0.0.1"));
    kubelet =
        HttpServer.start(
            HttpServerOptions.loopback(ServerTls.of(serving.key(), List.of(serving.certificate()))),
            ConnectTest::serveKubelet);
    Client client =
        new Client(dev.server().inMemoryTransport(UserInfo.of("tester", "system:masters")));
    client.create(
        GroupVersionResource.core("namespaces"), "", object("{\"metadata\":{\"name\":\"a\"}}"));
    client.create(
        GroupVersionResource.core("nodes"), "", object("{\"metadata\":{\"name\":\"n1\"}}"));
    ObjectNode node = client.get(GroupVersionResource.core("nodes"), "", "n1").mutableTree();
    node.set(
        "status",
        Json.read(
            "{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"127.0.0.1\"}],"
                + "\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":"
                + kubelet.port()
                + "}}}"));
    client.updateStatus(GroupVersionResource.core("nodes"), "", "n1", node);
    GroupVersionResource pods = GroupVersionResource.core("pods");
    client.create(
        pods,
        "a",
        object(
            "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{"
                + "\"name\":\"c\",\"image\":\"i\",\"ports\":[{\"containerPort\":"
                + application.port()
                + "}]}]}}"));
    ObjectNode pod = client.get(pods, "a", "web").mutableTree();
    pod.set("status", Json.read("{\"phase\":\"Running\",\"podIP\":\"127.0.0.1\"}"));
    client.updateStatus(pods, "a", "web", pod);
    client.create(
        pods,
        "a",
        object(
            "{\"metadata\":{\"name\":\"proxy-web\"},\"spec\":{\"nodeName\":\"n1\","
                + "\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"));
    client.updateStatus(
        pods,
        "a",
        "proxy-web",
        client
            .get(pods, "a", "proxy-web")
            .mutableTree()
            .<ObjectNode>set("status", Json.read("{\"podIP\":\"127.0.0.1\"}")));
  }

  @AfterAll
  static void stop() {
    http.close();
    dev.close();
    application.close();
    kubelet.close();
  }

  private static ObjectNode object(String json) {
    return (ObjectNode) Json.read(json);
  }

  private static void serveApplication(HttpRequest request, HttpResponder responder)
      throws Exception {
    switch (request.rawPath()) {
      case "/page" ->
          responder.send(
              200,
              Headers.of(
                  "Content-Type", "text/html; charset=utf-8", "Access-Control-Allow-Origin", "*"),
              ("<!-- <a href='/c'> --><A class=x HREF='/a?b=1&amp;c=2#d'>\u00fc</A><img src=/i?x=1 alt='>'>"
                      + "<a href=\"rel\"><a href=\"//else/x\"><a title='/t'>"
                      + "<script src=\"/s\">if (1<2) '<a href=\"/raw\">'</script><a href='/z'>")
                  .getBytes(UTF_8));
      case "/zipped" -> {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
          out.write("<a href=\"/z\">".getBytes(UTF_8));
        }
        responder.send(
            200,
            Headers.of("Content-Type", "text/html", "Content-Encoding", "gzip"),
            zipped.toByteArray());
      }
      case "/deflated" -> {
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (DeflaterOutputStream out =
            new DeflaterOutputStream(deflated, new Deflater(Deflater.BEST_SPEED, true))) {
          out.write("<a href=\"/z\">".getBytes(UTF_8));
        }
        responder.send(
            200,
            Headers.of("Content-Type", "text/html", "Content-Encoding", "deflate"),
            deflated.toByteArray());
      }
      case "/moved" -> responder.send(302, Headers.of("Location", "/there?x=1"));
      case "/echo" -> {
        byte[] body = request.readBody(1 << 20);
        responder.send(
            201,
            Headers.of(
                "Content-Type",
                "text/plain",
                "X-Seen",
                request.method()
                    + " "
                    + request.rawQuery()
                    + " "
                    + request.headers().contains("authorization")
                    + " "
                    + request.headers().first("x-forwarded-uri", "")),
            body);
      }
      case "/stream" -> {
        try (BodyStream body = responder.stream(200, new Headers())) {
          body.write("first\n".getBytes(UTF_8));
          request.headers().all("wait");
          body.write("second\n".getBytes(UTF_8));
        }
      }
      default -> responder.send(200, new Headers(), request.rawPath().getBytes(UTF_8));
    }
  }

  private static void serveKubelet(HttpRequest request, HttpResponder responder) throws Exception {
    String asked = request.rawPath() + "?" + request.rawQuery();
    if (request.headers().contains("upgrade")) {
      try (ByteTunnel tunnel =
          responder.upgradeToTunnel(
              Headers.of("Upgrade", request.headers().first("upgrade", "")))) {
        tunnel.output().write((asked + "\n").getBytes(UTF_8));
        tunnel.output().write(tunnel.input().readNBytes(5));
      }
      return;
    }
    if (asked.contains("previous=true")) {
      responder.send(
          400, new Headers(), "previous terminated container \"c\" not found".getBytes(UTF_8));
      return;
    }
    responder.send(200, new Headers(), asked.getBytes(UTF_8));
  }

  private static java.net.http.HttpRequest.Builder request(String path) {
    return java.net.http.HttpRequest.newBuilder(URI.create(dev.url() + path))
        .header("Authorization", "Bearer " + DevServer.TOKEN);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString(UTF_8));
  }

  @Test
  void proxy_pod_passesPathMethodQueryAndBody() throws Exception {
    HttpResponse<String> answer =
        http.send(
            request("/api/v1/namespaces/a/pods/web/proxy/echo?q=a%2Fb")
                .method("PATCH", java.net.http.HttpRequest.BodyPublishers.ofString("hello"))
                .build(),
            HttpResponse.BodyHandlers.ofString(UTF_8));

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(answer.body()).isEqualTo("hello");
    assertThat(answer.headers().firstValue("x-seen"))
        .contains("PATCH q=a%2Fb false /api/v1/namespaces/a/pods/web/proxy/echo");
    assertThat(get("/api/v1/namespaces/a/pods/web:" + application.port() + "/proxy/x%2Fy/").body())
        .isEqualTo("/x%2Fy/");
    assertThat(get("/api/v1/namespaces/a/pods/http:web:/proxy/stream").body())
        .isEqualTo("first\nsecond\n");
  }

  @Test
  void proxy_podWhoseNameBeginsLikeTheSubresource_isReachedUnderItsOwnPaths() throws Exception {
    String pod = "/api/v1/namespaces/a/pods/proxy-web:" + application.port() + "/proxy";

    assertThat(get(pod + "/proxy/x").body()).isEqualTo("/proxy/x");
    assertThat(get(pod + "/").body()).isEqualTo("/");
    assertThat(get(pod + "//").body()).isEqualTo("//");
    assertThat(get(pod + "/moved").headers().firstValue("location")).contains(pod + "/there?x=1");
    assertThat(get(pod + "?y=2").headers().firstValue("location")).contains(pod + "/?y=2");
  }

  @Test
  void proxy_page_hasLinksThatLeadThroughTheProxy() throws Exception {
    String base = "/api/v1/namespaces/a/pods/web/proxy";
    HttpResponse<String> page = get(base + "/page");

    assertThat(page.body())
        .isEqualTo(
            ("<!-- <a href='/c'> --><A class=x HREF='P/a?b=1&amp;c=2#d'>\u00fc</A><img src=\"P/i?x=1\" alt='>'>"
                    + "<a href=\"rel\"><a href=\"//else/x\"><a title='/t'>"
                    + "<script src=\"P/s\">if (1<2) '<a href=\"/raw\">'</script><a href='P/z'>")
                .replace("P/", base + "/"));
    assertThat(page.headers().firstValue("access-control-allow-origin")).isEmpty();
    try (InputStream zipped =
        new GZIPInputStream(
            http.send(
                    request(base + "/zipped").header("Accept-Encoding", "gzip").build(),
                    HttpResponse.BodyHandlers.ofInputStream())
                .body())) {
      assertThat(new String(zipped.readAllBytes(), UTF_8)).isEqualTo("<a href=\"" + base + "/z\">");
    }
    try (InputStream deflated =
        new InflaterInputStream(
            http.send(
                    request(base + "/deflated").header("Accept-Encoding", "deflate").build(),
                    HttpResponse.BodyHandlers.ofInputStream())
                .body(),
            new Inflater(true))) {
      assertThat(new String(deflated.readAllBytes(), UTF_8))
          .isEqualTo("<a href=\"" + base + "/z\">");
    }
  }

  @Test
  void proxy_redirect_isSeenFromHere() throws Exception {
    assertThat(get("/api/v1/namespaces/a/pods/web/proxy/moved").headers().firstValue("location"))
        .contains("/api/v1/namespaces/a/pods/web/proxy/there?x=1");
    HttpResponse<String> bare = get("/api/v1/namespaces/a/pods/web/proxy");
    assertThat(bare.statusCode()).isEqualTo(301);
    assertThat(bare.headers().firstValue("location"))
        .contains("/api/v1/namespaces/a/pods/web/proxy/");
  }

  @Test
  void proxy_nobodyListens_is503() throws Exception {
    HttpResponse<String> answer = get("/api/v1/namespaces/a/pods/web:1/proxy/");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(Json.read(answer.body()).path("message").asText())
        .startsWith("error trying to reach service: ");
    assertThat(get("/api/v1/namespaces/a/services/none/proxy/").statusCode()).isEqualTo(404);
  }

  @Test
  void proxy_serversOwnPort_isRefused() throws Exception {
    HttpResponse<String> answer =
        get("/api/v1/namespaces/a/pods/https:web:" + dev.server().port() + "/proxy/api");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("address not allowed");
    assertThat(get("/api/v1/nodes/https:n1:" + dev.server().port() + "/proxy/api").body())
        .contains("address not allowed");
  }

  @Test
  void proxy_endpointThatIsNoPods_isNotReached() throws Exception {
    Client client =
        new Client(dev.server().inMemoryTransport(UserInfo.of("tester", "system:masters")));
    client.create(
        GroupVersionResource.core("services"),
        "a",
        object("{\"metadata\":{\"name\":\"bait\"},\"spec\":{\"ports\":[{\"port\":80}]}}"));
    String slice =
        "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"kubernetes.io/service-name\":\"%s\"}},"
            + "\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"\",\"port\":%d}],"
            + "\"endpoints\":[{\"addresses\":[\"192.0.2.77\"]%s}]}";
    GroupVersionResource slices =
        GroupVersionResource.of("discovery.k8s.io", "v1", "endpointslices");
    String asPod = ",\"targetRef\":{\"kind\":\"Pod\",\"namespace\":\"a\",\"name\":\"web\"}";
    client.create(slices, "a", object(slice.formatted("none", "bait", application.port(), "")));
    client.create(slices, "a", object(slice.formatted("lies", "bait", application.port(), asPod)));

    HttpResponse<String> answer = get("/api/v1/namespaces/a/services/bait/proxy/");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("no endpoints available for service \\\"bait\\\"");
  }

  @Test
  void proxy_node_reachesItsKubelet() throws Exception {
    assertThat(get("/api/v1/nodes/n1/proxy/pods?x=1").body()).isEqualTo("/pods?x=1");
    assertThat(get("/api/v1/nodes/n1:" + kubelet.port() + "/proxy/pods").body())
        .isEqualTo("/pods?");
    // The port that a kubelet has by custom, wherever this one listens.
    assertThat(get("/api/v1/nodes/n1:10250/proxy/pods").body()).isEqualTo("/pods?");
  }

  @Test
  void log_asksTheKubelet() throws Exception {
    HttpResponse<String> log =
        get("/api/v1/namespaces/a/pods/web/log?tailLines=3&follow=false&other=1");

    assertThat(log.body()).isEqualTo("/containerLogs/a/web/c?follow=false&tailLines=3");
    assertThat(log.headers().firstValue("content-type")).contains("text/plain");
  }

  @Test
  void log_overWebSocket_isMessages() throws Exception {
    assertThat(logMessages("")).isEqualTo("b[] b[/containerLogs/a/web/c?tailLines=3] ");
    assertThat(logMessages("binary.k8s.io"))
        .isEqualTo("b[] b[/containerLogs/a/web/c?tailLines=3] ");
    assertThat(logMessages("base64.binary.k8s.io"))
        .isEqualTo("t[] t[L2NvbnRhaW5lckxvZ3MvYS93ZWIvYz90YWlsTGluZXM9Mw==] ");
    assertThatThrownBy(() -> logMessages("v4.channel.k8s.io"))
        .rootCause()
        .hasMessageContaining("403");
  }

  /** All messages of a log until the server closes: their kinds and contents. */
  private static String logMessages(String protocol) throws Exception {
    StringBuffer messages = new StringBuffer();
    CountDownLatch closed = new CountDownLatch(1);
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public @Nullable CompletionStage<?> onText(
              WebSocket socket, CharSequence text, boolean last) {
            messages.append("t[").append(text).append("] ");
            socket.request(1);
            return null;
          }

          @Override
          public @Nullable CompletionStage<?> onBinary(
              WebSocket socket, ByteBuffer bytes, boolean last) {
            messages.append("b[").append(UTF_8.decode(bytes)).append("] ");
            socket.request(1);
            return null;
          }

          @Override
          public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.countDown();
            return null;
          }
        };
    WebSocket.Builder builder =
        http.newWebSocketBuilder().header("Authorization", "Bearer " + DevServer.TOKEN);
    if (!protocol.isEmpty()) {
      builder.subprotocols(protocol);
    }
    URI address =
        URI.create(
            dev.url().replaceFirst("^http", "ws")
                + "/api/v1/namespaces/a/pods/web/log?tailLines=3");
    builder.buildAsync(address, listener).get(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(closed.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
    return messages.toString();
  }

  @Test
  void log_refusals_areStatuses() throws Exception {
    HttpResponse<String> previous = get("/api/v1/namespaces/a/pods/web/log?previous=true");
    HttpResponse<String> container = get("/api/v1/namespaces/a/pods/web/log?container=x");

    assertThat(previous.statusCode()).isEqualTo(400);
    assertThat(Json.read(previous.body()).path("message").asText())
        .isEqualTo("previous terminated container \"c\" not found");
    assertThat(Json.read(container.body()).path("message").asText())
        .isEqualTo("container x is not valid for pod web");
  }

  @Test
  void exec_upgrade_becomesATunnelToTheKubelet() throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, new TrustManager[] {new TrustAnyone()}, new SecureRandom());
    try (SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", dev.server().port())) {
      socket
          .getOutputStream()
          .write(
              ("POST /api/v1/namespaces/a/pods/web/exec?command=ls&command=-l&stdout=true&stdin=1"
                      + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
                      + "Authorization: Bearer "
                      + DevServer.TOKEN
                      + "\r\n\r\n")
                  .getBytes(UTF_8));
      InputStream in = socket.getInputStream();
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8));
      assertThat(lines.readLine()).startsWith("HTTP/1.1 101");
      for (String line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
        assertThat(line).contains(":");
      }
      assertThat(lines.readLine())
          .isEqualTo("/exec/a/web/c?input=1&output=1&command=ls&command=-l");
      socket.getOutputStream().write("12345".getBytes(UTF_8));
      char[] echoed = new char[5];
      for (int n = 0; n < 5; n += lines.read(echoed, n, 5 - n)) {}
      assertThat(new String(echoed)).isEqualTo("12345");
    }
  }

  @Test
  void exec_withoutUpgrade_is400() throws Exception {
    assertThat(get("/api/v1/namespaces/a/pods/web/exec?command=ls&stdout=1").statusCode())
        .isEqualTo(400);
  }
}
