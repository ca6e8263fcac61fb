package dev.coracle.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.Patience;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.Material;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.TestCertificates;
import dev.coracle.http.WebSocketSession;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyServerTest {

  @TempDir private Path directory;
  private final TestCertificates certificates = new TestCertificates();
  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final CountDownLatch watchGone = new CountDownLatch(1);
  private HttpServer upstream;
  private Path tokenFile;
  private HttpClient client;

  @BeforeEach
  void start() throws IOException {
    tokenFile = Files.writeString(directory.resolve("token"), "first\n");
    upstream = HttpServer.start(HttpServerOptions.loopback(certificates.serverTls()), this::answer);
    toClose.add(upstream);
    client = HttpClient.newHttpClient();
    toClose.add(client::shutdownNow);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : toClose.reversed()) {
      each.close();
    }
  }

  /** Stands in for an API server: says what it was asked. */
  private void answer(HttpRequest request, HttpResponder responder) throws Exception {
    switch (request.rawPath()) {
      case "/watch" -> {
        responder.onDisconnect(watchGone::countDown);
        BodyStream stream = responder.stream(200, Headers.of("Content-Type", "application/json"));
        stream.write("{\"n\":1}\n".getBytes(StandardCharsets.UTF_8));
        watchGone.await();
      }
      case "/socket" -> {
        WebSocketSession session = responder.upgradeToWebSocket("v4.channel.k8s.io");
        for (var message = session.receive(); message != null; message = session.receive()) {
          session.sendText("re: ".getBytes(StandardCharsets.UTF_8), message.data());
        }
      }
      default ->
          responder.send(
              200,
              Headers.of(
                  "Content-Type", "text/plain", "Access-Control-Allow-Origin", "*", "X-Seen", "y"),
              String.join(
                      "|",
                      request.method(),
                      request.rawPath(),
                      request.rawQuery(),
                      request.headers().first("authorization", "-"),
                      request.authority(),
                      new String(request.readBody(1 << 20), StandardCharsets.UTF_8))
                  .getBytes(StandardCharsets.UTF_8));
    }
  }

  private ConnectionConfig config() {
    return ConnectionConfig.of(
        URI.create("https://127.0.0.1:" + upstream.port()),
        new Material.Data(pem().getBytes(StandardCharsets.US_ASCII)),
        new Material.InFile(tokenFile));
  }

  private String pem() {
    try {
      return "-----BEGIN CERTIFICATE-----\n"
          + Base64.getMimeEncoder().encodeToString(certificates.authority().getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (java.security.cert.CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  private ProxyServer proxy(ProxyOptions options) throws IOException {
    ProxyServer proxy = ProxyServer.start(options, config());
    toClose.add(proxy);
    return proxy;
  }

  private HttpResponse<String> get(ProxyServer proxy, String path) throws Exception {
    return client.send(
        java.net.http.HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + path))
            .build(),
        BodyHandlers.ofString());
  }

  /** Sends a request as it stands and gives everything that comes back. */
  private static String raw(ProxyServer proxy, String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", proxy.port())) {
      socket.setSoTimeout(Patience.MILLIS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void get_plainRequest_isSentAsTheIdentity() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());

    HttpResponse<String> response = get(proxy, "/api/v1/pods?limit=1&a=%2F");

    assertThat(response.body())
        .isEqualTo(
            "GET|/api/v1/pods|limit=1&a=%2F|Bearer first|127.0.0.1:" + upstream.port() + "|");
    assertThat(response.headers().firstValue("x-seen")).contains("y");
    assertThat(response.headers().map()).doesNotContainKey("access-control-allow-origin");
    assertThat(proxy.address()).isEqualTo("127.0.0.1:" + proxy.port());
  }

  @Test
  void post_bodiesOfKnownAndUnknownLength_arrive() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());
    byte[] body = "x".repeat(500_000).getBytes(StandardCharsets.US_ASCII);
    URI uri = URI.create("http://127.0.0.1:" + proxy.port() + "/api");

    HttpResponse<String> known =
        client.send(
            java.net.http.HttpRequest.newBuilder(uri)
                .POST(BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofString());
    HttpResponse<String> unknown =
        client.send(
            java.net.http.HttpRequest.newBuilder(uri)
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)))
                .build(),
            BodyHandlers.ofString());

    assertThat(known.body()).hasSizeGreaterThan(500_000).startsWith("POST|/api||Bearer");
    assertThat(unknown.body()).isEqualTo(known.body());
  }

  @Test
  void get_foreignHost_isForbidden() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());

    String response =
        raw(proxy, "GET /api HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");

    assertThat(response).startsWith("HTTP/1.1 403 ").endsWith("\r\n\r\nForbidden\n");
  }

  @Test
  void get_rejectedPathInDisguise_neverReachesTheServer() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());
    String head = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    assertThat(raw(proxy, "GET /api/v1/namespaces/n/pods/p/exec" + head))
        .startsWith("HTTP/1.1 403 ");
    assertThat(raw(proxy, "GET /api/v1/namespaces/n/pods/p/%65xec" + head))
        .startsWith("HTTP/1.1 403 ");
    assertThat(raw(proxy, "GET /x/../api/v1/namespaces/n/pods/p/exec" + head))
        .startsWith("HTTP/1.1 301 ")
        .contains("Location: /api/v1/namespaces/n/pods/p/exec\r\n");
    assertThat(raw(proxy, "GET /x/%2e%2e/api/v1/namespaces/n/pods/p/exec" + head))
        .startsWith("HTTP/1.1 301 ");
  }

  @Test
  void get_tokenFileReplaced_newTokenIsUsed() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());
    assertThat(get(proxy, "/api").body()).contains("Bearer first");
    Path next = Files.writeString(directory.resolve("next"), "second one");

    Files.move(next, tokenFile, StandardCopyOption.ATOMIC_MOVE);

    await().untilAsserted(() -> assertThat(get(proxy, "/api").body()).contains("second one"));
  }

  @Test
  void get_watch_streamsAndEndsWithTheClient() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());

    try (Socket socket = new Socket("127.0.0.1", proxy.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      StringBuilder seen = new StringBuilder();
      InputStream input = socket.getInputStream();
      while (!seen.toString().contains("{\"n\":1}\n")) {
        seen.append((char) input.read());
      }
    }

    assertThat(watchGone.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void get_webSocket_passes() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());
    CompletableFuture<String> answer = new CompletableFuture<>();

    WebSocket socket =
        client
            .newWebSocketBuilder()
            .subprotocols("v4.channel.k8s.io")
            .buildAsync(
                URI.create("ws://127.0.0.1:" + proxy.port() + "/socket"),
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(
                      WebSocket webSocket, CharSequence data, boolean last) {
                    answer.complete(data.toString());
                    webSocket.request(1);
                    return CompletableFuture.completedFuture(null);
                  }
                })
            .get(Patience.SECONDS, TimeUnit.SECONDS);
    socket.sendText("hello", true);

    assertThat(socket.getSubprotocol()).isEqualTo("v4.channel.k8s.io");
    assertThat(answer.get(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo("re: hello");
    socket.sendClose(1000, "").get(Patience.SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void get_www_servesFilesAndNothingOutside() throws Exception {
    Path www = Files.createDirectory(directory.resolve("www"));
    Files.writeString(www.resolve("a.txt"), "content");
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).www(www).wwwPrefix("/files").build());

    assertThat(get(proxy, "/files/a.txt").body()).isEqualTo("content");
    assertThat(get(proxy, "/files/").body()).contains("<a href=\"a.txt\">a.txt</a>");
    assertThat(get(proxy, "/files/..%2ftoken").statusCode()).isEqualTo(301);
    assertThat(get(proxy, "/api").body()).startsWith("GET|/api|");
  }

  @Test
  void get_apiPrefix_isTakenAway() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).apiPrefix("/k8s").build());

    assertThat(get(proxy, "/k8s/api/v1").body()).startsWith("GET|/api/v1|");
    assertThat(get(proxy, "/api/v1").statusCode()).isEqualTo(404);
  }

  @Test
  void get_unixSocket_works() throws Exception {
    Path path = directory.resolve("s");
    ProxyServer proxy = proxy(ProxyOptions.builder().unixSocket(path).build());

    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(path));
      channel.write(
          ByteBuffer.wrap(
              "GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII)));
      String response =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      assertThat(response).startsWith("HTTP/1.1 200 OK\r\n").contains("GET|/api|");
    }
    assertThat(proxy.address()).isEqualTo(path.toString());
    assertThat(Files.getPosixFilePermissions(path)).hasSize(3);
  }

  @Test
  void request_ambiguousHead_isRefusedAndTheConnectionEnds() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());
    String post = "POST /api HTTP/1.1\r\nHost: localhost\r\n";

    for (String request :
        List.of(
            post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            post + "Content-Length: +3\r\n\r\nabc",
            post + "X: a\r\n b\r\n\r\n",
            post + "Content-Length : 3\r\n\r\nabc",
            post + "Host: other\r\n\r\n",
            post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
            "GET /api HTTP/1.1\nHost: localhost\n\r\n\r\n")) {
      assertThat(raw(proxy, request + "GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n"))
          .startsWith("HTTP/1.1 400 ")
          .containsOnlyOnce("HTTP/1.1");
    }
  }

  @Test
  void get_serverIsNotThere_saysSo() throws Exception {
    ProxyServer proxy = proxy(ProxyOptions.builder().port(0).build());
    upstream.close();

    HttpResponse<String> response = get(proxy, "/api");

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("onnection refused");
  }
}
