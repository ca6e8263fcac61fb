package dev.coracle.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {

  private final TestCertificates certificates = new TestCertificates();
  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final AtomicInteger handled = new AtomicInteger();
  private final CountDownLatch disconnected = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private final CountDownLatch entered = new CountDownLatch(1);

  @AfterEach
  void stop() throws Exception {
    release.countDown();
    for (AutoCloseable each : toClose.reversed()) {
      each.close();
    }
  }

  private void answer(HttpRequest request, HttpResponder responder) throws Exception {
    handled.incrementAndGet();
    switch (request.rawPath()) {
      case "/echo" ->
          responder.send(
              200, Headers.of("X-Protocol", request.protocol()), request.readBody(1 << 24));
      case "/limited" -> {
        try {
          responder.send(200, Headers.of(), request.readBody(1000));
        } catch (BodyTooLargeException e) {
          responder.send(413, Headers.of(), "too large".getBytes(StandardCharsets.UTF_8));
        }
      }
      case "/unread" -> responder.send(200, Headers.of(), "no".getBytes(StandardCharsets.UTF_8));
      case "/big" -> responder.send(200, Headers.of(), new byte[5_000_000]);
      case "/stream" -> {
        responder.onDisconnect(disconnected::countDown);
        BodyStream stream = responder.stream(200, Headers.of());
        stream.write("one\n".getBytes(StandardCharsets.UTF_8));
        entered.countDown();
        release.await();
        stream.write("two\n".getBytes(StandardCharsets.UTF_8));
      }
      case "/endless" -> {
        responder.onDisconnect(disconnected::countDown);
        BodyStream stream = responder.stream(200, Headers.of());
        byte[] part = new byte[64 * 1024];
        while (true) {
          stream.write(part);
          handled.incrementAndGet();
        }
      }
      case "/throw" -> throw new IllegalStateException("on purpose");
      case "/none" -> {}
      case "/inject" -> responder.send(200, Headers.of("X-A", "b\r\nX-C: d"));
      case "/who" ->
          responder.send(
              200,
              Headers.of(),
              request.connection().peerCertificates().stream()
                  .findFirst()
                  .map(certificate -> certificate.getSubjectX500Principal().getName())
                  .orElse("nobody")
                  .getBytes(StandardCharsets.UTF_8));
      default ->
          responder.send(
              200,
              Headers.of(),
              (request.method() + " " + request.rawPath() + " " + request.rawQuery())
                  .getBytes(StandardCharsets.UTF_8));
    }
  }

  private HttpServer start(HttpServerOptions options) throws IOException {
    HttpServer server = HttpServer.start(options, this::answer);
    toClose.add(server);
    return server;
  }

  private HttpServer plain() throws IOException {
    return start(HttpServerOptions.loopback(null));
  }

  private HttpServer secure() throws IOException {
    return start(HttpServerOptions.loopback(certificates.serverTls()));
  }

  private java.net.http.HttpClient client(Version version, TestCertificates.Identity... identity) {
    java.net.http.HttpClient client =
        java.net.http.HttpClient.newBuilder()
            .version(version)
            .sslContext(certificates.clientContext(identity))
            .build();
    toClose.add(client::shutdownNow);
    return client;
  }

  private static HttpResponse<String> get(
      java.net.http.HttpClient client, HttpServer server, String path) throws Exception {
    return client.send(
        java.net.http.HttpRequest.newBuilder(
                URI.create("https://localhost:" + server.port() + path))
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpResponse<byte[]> post(
      java.net.http.HttpClient client, HttpServer server, String path, byte[] body)
      throws Exception {
    return client.send(
        java.net.http.HttpRequest.newBuilder(
                URI.create("https://localhost:" + server.port() + path))
            .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  /** Sends bytes as they stand and gives everything that comes back until the server closes. */
  private static String raw(HttpServer server, String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(Patience.MILLIS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void post_megabytes_comeBack(Version version) throws Exception {
    byte[] body = new byte[3_000_000];
    new java.util.Random(1).nextBytes(body);

    HttpResponse<byte[]> response = post(client(version), secure(), "/echo", body);

    assertThat(response.body()).isEqualTo(body);
    assertThat(response.headers().firstValue("x-protocol"))
        .contains(version == Version.HTTP_2 ? "HTTP/2.0" : "HTTP/1.1");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void post_bodyOverTheLimit_isRefusedAndTheConnectionStays(Version version) throws Exception {
    HttpServer server = secure();
    java.net.http.HttpClient client = client(version);

    assertThat(post(client, server, "/limited", new byte[2000]).statusCode()).isEqualTo(413);
    assertThat(post(client, server, "/unread", new byte[100_000]).statusCode()).isEqualTo(200);
    assertThat(get(client, server, "/next").body()).isEqualTo("GET /next ");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void get_handlerThrowsOrForgets_is500(Version version) throws Exception {
    HttpServer server = secure();
    java.net.http.HttpClient client = client(version);

    assertThat(get(client, server, "/throw").statusCode()).isEqualTo(500);
    assertThat(get(client, server, "/none").statusCode()).isEqualTo(500);
    assertThat(get(client, server, "/big").body()).hasSize(5_000_000);
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void get_stream_arrivesBitByBit(Version version) throws Exception {
    HttpServer server = secure();
    HttpResponse<InputStream> response =
        client(version)
            .send(
                java.net.http.HttpRequest.newBuilder(
                        URI.create("https://localhost:" + server.port() + "/stream"))
                    .build(),
                BodyHandlers.ofInputStream());
    InputStream body = response.body();

    assertThat(new String(body.readNBytes(4), StandardCharsets.UTF_8)).isEqualTo("one\n");
    release.countDown();
    assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("two\n");
    assertThat(disconnected.getCount()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void get_streamClientLeaves_handlerIsTold(Version version) throws Exception {
    HttpServer server = secure();
    HttpResponse<InputStream> response =
        client(version)
            .send(
                java.net.http.HttpRequest.newBuilder(
                        URI.create("https://localhost:" + server.port() + "/stream"))
                    .build(),
                BodyHandlers.ofInputStream());

    response.body().close();

    assertThat(disconnected.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void get_clientReadsNothing_writerIsHeldBack() throws Exception {
    HttpServer server = plain();

    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket
          .getOutputStream()
          .write("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      AtomicInteger before = new AtomicInteger(-1);
      await()
          .pollInterval(Duration.ofMillis(200))
          .until(() -> handled.get() > 1 && before.getAndSet(handled.get()) == handled.get());
      assertThat(handled.get() * 64L * 1024).isLessThan(32L * 1024 * 1024);
    }
    assertThat(disconnected.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void get_pipelinedRequests_areAnsweredInOrder() throws Exception {
    String answers =
        raw(
            plain(),
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                + "POST /unread HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nxyz\r\n0\r\n\r\n"
                + "GET /4?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(5);
    assertThat(answers).containsSubsequence("GET /1 ", "abc", "no", "GET /4 q");
    assertThat(handled).hasValue(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX : x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        "GET relative HTTP/1.1\r\nHost: a\r\n\r\n",
        "nonsense\r\n\r\n",
      })
  void send_malformedRequest_is400AndCloses(String request) throws Exception {
    String answer = raw(plain(), request);

    assertThat(answer).startsWith("HTTP/1.1 400 ");
    assertThat(handled).hasValue(0);
  }

  @Test
  void send_doubledTransferEncoding_isNeverHandled() throws Exception {
    String answer =
        raw(
            plain(),
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");

    assertThat(answer).matches("(?s)HTTP/1\\.1 (400|501) .*");
    assertThat(handled).hasValue(0);
  }

  @Test
  void send_brokenChunk_neverReachesTheNextRequest() throws Exception {
    String answer =
        raw(
            plain(),
            "POST /unread HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "zz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(answer).doesNotContain("/smuggled");
  }

  @Test
  void send_hugeHeadOrLine_isRefused() throws Exception {
    HttpServer server = plain();

    assertThat(raw(server, "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(70_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431 ");
    assertThat(raw(server, "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 414 ");
  }

  @Test
  void send_headTooSlowly_isCutOff() throws Exception {
    HttpServer server =
        start(
            HttpServerOptions.loopback(null)
                .withTimeouts(Duration.ofMillis(300), Duration.ofSeconds(60)));

    assertThat(raw(server, "GET / HTTP/1.1\r\nHost: ")).isEmpty();
    assertThat(raw(server, "")).isEmpty();
  }

  @Test
  void get_idleConnection_isClosed() throws Exception {
    HttpServer server =
        start(HttpServerOptions.loopback(null).withTimeouts(Patience.LIMIT, Duration.ofSeconds(2)));

    assertThat(raw(server, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")).endsWith("GET /x ");
  }

  @Test
  void post_expectContinue_isAskedForItsBody() throws Exception {
    HttpServer server = plain();
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket
          .getOutputStream()
          .write(
              ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n"
                      + "Expect: 100-continue\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] interim = socket.getInputStream().readNBytes(25);
      assertThat(new String(interim, StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      socket.getOutputStream().write("abc".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 200 OK")
          .endsWith("\r\n\r\nabc");
    }
  }

  @Test
  void head_anything_hasLengthAndNoBody() throws Exception {
    String answer = raw(plain(), "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    assertThat(answer).contains("Content-Length: 8\r\n").endsWith("\r\n\r\n");
  }

  @Test
  void get_oldProtocol_streamEndsWithTheConnection() throws Exception {
    release.countDown();

    String answer = raw(plain(), "GET /stream HTTP/1.0\r\n\r\n");

    assertThat(answer).doesNotContain("chunked").endsWith("\r\n\r\none\ntwo\n");
  }

  @Test
  void get_headerWithLineBreak_isNeverSent() throws Exception {
    assertThat(raw(plain(), "GET /inject HTTP/1.1\r\nHost: a\r\n\r\n")).doesNotContain("X-C");
  }

  @Test
  void get_clientCertificate_isHandedOver() throws Exception {
    HttpServer server =
        start(
            HttpServerOptions.loopback(
                certificates
                    .serverTls()
                    .requestingClientCertificates(List.of(certificates.authority()))));

    assertThat(get(client(Version.HTTP_2), server, "/who").body()).isEqualTo("nobody");
    assertThat(get(client(Version.HTTP_2, certificates.client("CN=me")), server, "/who").body())
        .isEqualTo("CN=me");
    assertThat(get(client(Version.HTTP_1_1, certificates.client("CN=me")), server, "/who").body())
        .isEqualTo("CN=me");
  }

  @Test
  void reloadTls_newAuthority_isShownToNewConnections() throws Exception {
    HttpServer server = secure();
    TestCertificates others = new TestCertificates();
    assertThat(get(client(Version.HTTP_2), server, "/a").statusCode()).isEqualTo(200);

    server.reloadTls(others.serverTls());

    assertThatThrownBy(() -> get(client(Version.HTTP_2), server, "/a"))
        .isInstanceOf(javax.net.ssl.SSLException.class);
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void shutdown_requestAtWork_isFinished(Version version) throws Exception {
    HttpServer server = secure();
    HttpResponse<InputStream> response =
        client(version)
            .send(
                java.net.http.HttpRequest.newBuilder(
                        URI.create("https://localhost:" + server.port() + "/stream"))
                    .build(),
                BodyHandlers.ofInputStream());
    entered.await();

    Thread stopping = Thread.ofVirtual().start(() -> server.shutdown(Duration.ofSeconds(30)));
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> new Socket("127.0.0.1", server.port()).close())
                    .isInstanceOf(IOException.class));
    release.countDown();

    assertThat(new String(response.body().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("one\ntwo\n");
    stopping.join();
    assertThat(server.connectionCount()).isZero();
  }

  @Test
  void start_portTaken_saysWhich() throws Exception {
    HttpServer server = plain();
    InetSocketAddress taken = new InetSocketAddress("127.0.0.1", server.port());

    assertThatThrownBy(() -> start(HttpServerOptions.of(null, taken)))
        .isInstanceOf(BindException.class)
        .hasMessageContaining(String.valueOf(server.port()));
  }
}
