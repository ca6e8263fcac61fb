package dev.coracle.proxy;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many connections at once through one proxy, over TLS to a real server. */
class ProxyLoadTest {

  private static final long SEED = 20_261_121;
  private static final int PIECE = 10_007;

  private final TestCertificates certificates = new TestCertificates();
  private final AtomicLong written = new AtomicLong();
  private final CountDownLatch streamEnded = new CountDownLatch(1);
  private HttpServer upstream;
  private ProxyServer proxy;

  @BeforeEach
  void start() throws Exception {
    upstream = HttpServer.start(HttpServerOptions.loopback(certificates.serverTls()), this::answer);
    String pem =
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(certificates.authority().getEncoded())
            + "\n-----END CERTIFICATE-----\n";
    proxy =
        ProxyServer.start(
            ProxyOptions.builder().port(0).build(),
            ConnectionConfig.of(
                URI.create("https://127.0.0.1:" + upstream.port()),
                new Material.Data(pem.getBytes(StandardCharsets.US_ASCII)),
                Material.NONE));
  }

  @AfterEach
  void stop() {
    proxy.close();
    upstream.close();
  }

  private void answer(HttpRequest request, HttpResponder responder) throws Exception {
    String path = request.rawPath();
    if (path.equals("/endless")) {
      BodyStream stream = responder.stream(200, Headers.of());
      responder.onDisconnect(streamEnded::countDown);
      Random random = new Random(SEED);
      while (stream.isOpen()) {
        byte[] piece = new byte[PIECE];
        random.nextBytes(piece);
        stream.write(piece);
        written.addAndGet(piece.length);
      }
      return;
    }
    if (path.startsWith("/slow/")) {
      // The answer's delay is what is tested, nothing waits for it to have passed.
      streamEnded.await(Long.parseLong(path.substring(6)), TimeUnit.MILLISECONDS);
    }
    byte[] body = request.readBody(1 << 20);
    responder.send(
        200,
        Headers.of("X-Path", path),
        body.length > 0 ? body : path.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void get_manyKeptConnectionsAndSlowAnswersNowAndThen_everyRequestIsAnswered() throws Exception {
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Integer>> work = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        Random random = new Random(SEED + i);
        work.add(() -> requests(random, 80));
      }
      for (Future<Integer> each : clients.invokeAll(work)) {
        assertThat(each.get()).isEqualTo(80);
      }
    }
  }

  private int requests(Random random, int count) throws IOException {
    int good = 0;
    try (Socket socket = socket()) {
      for (int i = 0; i < count; i++) {
        int kind = random.nextInt(100);
        String path = kind < 2 ? "/slow/" + (200 + random.nextInt(500)) : "/quick/" + i;
        int length = kind < 90 ? 0 : random.nextInt(60_000);
        StringBuilder request = new StringBuilder(length == 0 ? "GET " : "POST ");
        request.append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
        if (length > 0) {
          request.append("Content-Length: ").append(length).append("\r\n");
        }
        request.append("\r\n").append("b".repeat(length));
        byte[] bytes = request.toString().getBytes(StandardCharsets.US_ASCII);
        int cut = random.nextInt(bytes.length);
        socket.getOutputStream().write(bytes, 0, cut);
        socket.getOutputStream().write(bytes, cut, bytes.length - cut);
        String answer = read(socket.getInputStream());
        if (answer.equals(length == 0 ? path : "b".repeat(length))) {
          good++;
        }
      }
    }
    return good;
  }

  @Test
  void get_pipelined_answersComeInOrder() throws Exception {
    try (Socket socket = socket()) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 300; i++) {
        requests.append("GET /n/").append(i).append(" HTTP/1.1\r\nHost: localhost\r\n\r\n");
      }
      socket.getOutputStream().write(requests.toString().getBytes(StandardCharsets.US_ASCII));

      for (int i = 0; i < 300; i++) {
        assertThat(read(socket.getInputStream())).isEqualTo("/n/" + i);
      }
    }
  }

  @Test
  void get_aClientThatDoesNotRead_holdsUpOnlyItself() throws Exception {
    try (Socket stalled = socket()) {
      stalled
          .getOutputStream()
          .write(
              "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      long before = -1;
      // Until the server cannot write any more, while others are served.
      while (before <= 0 || written.get() != before) {
        before = written.get();
        assertThat(requests(new Random(SEED), 60)).isEqualTo(60);
      }
      assertThat(before).isPositive();

      InputStream input = stalled.getInputStream();
      readHead(input);
      Random random = new Random(SEED);
      byte[] expected = new byte[PIECE];
      long wanted = before + (1 << 20);
      int at = PIECE;
      for (long left = wanted; left > 0; ) {
        int chunk = Integer.parseInt(readLine(input), 16);
        byte[] bytes = input.readNBytes(chunk);
        for (byte b : bytes) {
          if (at == PIECE) {
            random.nextBytes(expected);
            at = 0;
          }
          if (b != expected[at++]) {
            throw new AssertionError("another byte at " + (wanted - left));
          }
          left--;
        }
        readLine(input);
      }
    }

    assertThat(streamEnded.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private Socket socket() throws IOException {
    Socket socket = new Socket("127.0.0.1", proxy.port());
    socket.setSoTimeout(Patience.MILLIS);
    return socket;
  }

  private static List<String> readHead(InputStream input) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = readLine(input); !line.isEmpty(); line = readLine(input)) {
      lines.add(line);
    }
    return lines;
  }

  private static String readLine(InputStream input) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = input.read();
      if (b < 0) {
        throw new IOException("the connection ended after: " + line);
      }
      if (b == '\n') {
        return line.substring(0, line.length() - 1);
      }
      line.append((char) b);
    }
  }

  /** An answer's body. */
  private static String read(InputStream input) throws IOException {
    int length = -1;
    for (String line : readHead(input)) {
      if (line.regionMatches(true, 0, "content-length: ", 0, 16)) {
        length = Integer.parseInt(line.substring(16));
      }
    }
    return new String(input.readNBytes(length), StandardCharsets.US_ASCII);
  }
}
