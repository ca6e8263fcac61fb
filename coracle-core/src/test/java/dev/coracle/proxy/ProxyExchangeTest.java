package dev.coracle.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.Patience;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.Material;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both ends of one exchange, byte by byte. */
class ProxyExchangeTest {

  private static final String HEAD = "HTTP/1.1 200 OK\r\n";
  private static final String HOST = " HTTP/1.1\r\nHost: localhost\r\n";

  private ServerSocket server;
  private ProxyServer proxy;
  private Socket client;

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    server.setSoTimeout(Patience.MILLIS);
    proxy =
        ProxyServer.start(
            ProxyOptions.builder().port(0).build(),
            ConnectionConfig.of(
                URI.create("http://127.0.0.1:" + server.getLocalPort()),
                Material.NONE,
                Material.NONE));
    client = new Socket("127.0.0.1", proxy.port());
    client.setTcpNoDelay(true);
    client.setSoTimeout(Patience.MILLIS);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    proxy.close();
    server.close();
  }

  private Socket accepted() throws IOException {
    Socket socket = server.accept();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(Patience.MILLIS);
    return socket;
  }

  private static void send(Socket to, String text) throws IOException {
    to.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Reads up to and with a text. */
  private static String until(Socket from, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    InputStream input = from.getInputStream();
    while (text.indexOf(end) < 0) {
      int b = input.read();
      if (b < 0) {
        throw new IOException("the connection ended after: " + text);
      }
      text.append((char) b);
    }
    return text.toString();
  }

  private static String rest(Socket from) throws IOException {
    return new String(from.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void post_answerBeginsBeforeTheBodyEnds_bothPassAtOnce() throws IOException {
    send(client, "POST /two-ways" + HOST + "Transfer-Encoding: chunked\r\n\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Transfer-Encoding: chunked\r\n\r\n");
      until(client, "\r\n\r\n");
      for (int i = 0; i < 50; i++) {
        send(client, "4\r\np" + (100 + i) + "\r\n");
        assertThat(until(upstream, "\r\np" + (100 + i) + "\r\n")).startsWith("4\r\n");
        send(upstream, "4;x=y\r\na" + (100 + i) + "\r\n");
        assertThat(until(client, "\r\na" + (100 + i) + "\r\n")).startsWith("4\r\n");
      }
      send(client, "0\r\nX-Trailer: 1\r\n\r\n");
      until(upstream, "0\r\n\r\n");
      send(upstream, "0\r\n\r\n");
      until(client, "0\r\n\r\n");

      send(client, "GET /next" + HOST + "\r\n");
      assertThat(until(upstream, "\r\n\r\n")).startsWith("GET /next HTTP/1.1\r\n");
    }
  }

  @Test
  void post_everyByteOnItsOwn_isUnderstood() throws IOException {
    String request =
        "POST /bytes"
            + HOST
            + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n";
    for (int i = 0; i < request.length(); i++) {
      send(client, request.substring(i, i + 1));
    }
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      String body = until(upstream, "0\r\n\r\n").replaceAll("[0-9a-f]+\r\n([^\r]*)\r\n", "$1");
      assertThat(body).isEqualTo("abc0123456789\r\n".substring(0, 13));
      String answer = HEAD + "Content-Length: 5\r\n\r\nhello";
      for (int i = 0; i < answer.length(); i++) {
        send(upstream, answer.substring(i, i + 1));
      }
      assertThat(until(client, "hello")).startsWith(HEAD);
    }
  }

  @Test
  void post_expectContinue_isToldToGoOn() throws IOException {
    send(client, "POST /x" + HOST + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    try (Socket upstream = accepted()) {
      assertThat(until(client, "\r\n\r\n")).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      send(client, "ab");
      assertThat(until(upstream, "\r\n\r\nab")).doesNotContain("xpect");
      send(
          upstream,
          "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HEAD + "Content-Length: 0\r\n\r\n");
      assertThat(until(client, HEAD)).startsWith("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    }
  }

  @Test
  void get_answersWithoutBodies_leaveTheConnectionInStep() throws IOException {
    send(
        client,
        "HEAD /h"
            + HOST
            + "\r\nGET /204"
            + HOST
            + "\r\nGET /304"
            + HOST
            + "\r\nGET /200"
            + HOST
            + "\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Content-Length: 7\r\n\r\n");
      until(upstream, "\r\n\r\n");
      send(upstream, "HTTP/1.1 204 No Content\r\n\r\n");
      until(upstream, "\r\n\r\n");
      send(upstream, "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Content-Length: 3\r\n\r\nend");
      assertThat(until(client, "end"))
          .isEqualTo(
              HEAD
                  + "Content-Length: 7\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
                  + "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"
                  + HEAD
                  + "Content-Length: 3\r\n\r\nend");
    }
  }

  @Test
  void get_clientLeavesBeforeTheAnswer_upstreamIsClosed() throws IOException {
    send(client, "GET /hangs" + HOST + "\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      client.close();
      assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void get_serverDiesInTheMiddle_clientSeesThatItIsNotWhole() throws IOException {
    send(client, "GET /dies" + HOST + "\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    }
    assertThat(rest(client)).endsWith("5\r\nhello\r\n");
  }

  @Test
  void get_serverEndsWithoutAnAnswer_isAnErrorAndTheConnectionGoesOn() throws IOException {
    send(client, "GET /none" + HOST + "\r\n");
    accepted().close();
    assertThat(until(client, "\n\r\n") + until(client, "\n"))
        .startsWith("HTTP/1.1 500 Internal Server Error\r\n");
    send(client, "GET /again" + HOST + "\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Content-Length: 0\r\n\r\n");
      until(client, HEAD);
    }
  }

  @Test
  void get_keptConnectionEnded_isAskedAgainOnAnother() throws IOException {
    send(client, "GET /one" + HOST + "\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Content-Length: 3\r\n\r\none");
      until(client, "one");
      send(client, "GET /two" + HOST + "\r\n");
      until(upstream, "\r\n\r\n");
    }
    try (Socket upstream = accepted()) {
      assertThat(until(upstream, "\r\n\r\n")).startsWith("GET /two");
      send(upstream, HEAD + "Content-Length: 3\r\n\r\ntwo");
      assertThat(until(client, "two")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void post_refusedBeforeItsBodyCame_answerArrives() throws IOException {
    send(client, "POST /big" + HOST + "Content-Length: 100000000\r\n\r\nsome");
    try (Socket upstream = accepted()) {
      until(upstream, "some");
      send(upstream, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
      assertThat(rest(client)).startsWith("HTTP/1.1 413 Too Large\r\n").endsWith("big");
    }
  }

  @Test
  void get_upgrade_isATunnelBothWaysUntilOneEnds() throws IOException {
    send(client, "GET /exec" + HOST + "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nearly");
    try (Socket upstream = accepted()) {
      assertThat(until(upstream, "\r\n\r\n"))
          .contains("\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n");
      send(
          upstream,
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nhello");
      assertThat(until(client, "hello")).startsWith("HTTP/1.1 101 Switching Protocols\r\n");
      assertThat(until(upstream, "early")).isEqualTo("early");
      for (int i = 0; i < 20; i++) {
        send(client, "ping" + i);
        until(upstream, "ping" + i);
        send(upstream, "pong" + i);
        until(client, "pong" + i);
      }
      send(upstream, "last");
    }
    assertThat(rest(client)).isEqualTo("last");
  }

  @Test
  void get_upgradeNotGiven_isAnErrorAsKubectlHasIt() throws IOException {
    send(client, "GET /x" + HOST + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Content-Length: 2\r\n\r\nok");
      assertThat(rest(client)).endsWith("\r\n\r\ninvalid upgrade response: status code 200\n");
    }
  }

  @Test
  void get_oldClient_getsABodyThatTheEndLimits() throws IOException {
    send(client, "GET /old HTTP/1.0\r\nHost: localhost\r\n\r\n");
    try (Socket upstream = accepted()) {
      until(upstream, "\r\n\r\n");
      send(upstream, HEAD + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
      assertThat(rest(client)).startsWith("HTTP/1.0 200 OK\r\n").endsWith("\r\n\r\nabc");
    }
  }

  @Test
  void get_foreignHosts_neverReachTheServer() throws IOException {
    server.setSoTimeout(1);
    for (String host :
        new String[] {
          "evil.example",
          "localhost.evil.example:8001",
          "127.0.0.1.evil.example",
          "evil.example:8001",
          "LOCALHOST",
          "localhost.",
          "127.1",
          "[::1]:8001",
          ""
        }) {
      for (String upgrade : new String[] {"", "Connection: Upgrade\r\nUpgrade: websocket\r\n"}) {
        String head = "GET /api/v1/secrets HTTP/1.1\r\nOrigin: http://evil.example\r\n" + upgrade;
        try (Socket socket = new Socket("127.0.0.1", proxy.port())) {
          send(socket, head + "Host: " + host + "\r\n\r\n");
          assertThat(until(socket, "Forbidden\n")).startsWith("HTTP/1.1 403 Forbidden\r\n");
        }
      }
    }
    send(client, "GET http://evil.example/api" + HOST + "\r\n");
    assertThat(until(client, "\n")).startsWith("HTTP/1.1 403 ");
    assertThat(accepts()).isFalse();
  }

  private boolean accepts() {
    try {
      server.accept().close();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void get_pathThatTheExpressionsCannotCopeWith_isForbiddenSoon() throws IOException {
    send(client, "GET /api/x" + "/pods/x".repeat(9_000) + HOST + "\r\n");
    assertThat(until(client, "\n")).startsWith("HTTP/1.1 403 ");
  }

  @Test
  void get_headTooLarge_isRefused() throws IOException {
    send(client, "GET /x" + HOST + "X: " + "a".repeat(70_000) + "\r\n\r\n");
    assertThat(rest(client)).startsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n");
  }
}
