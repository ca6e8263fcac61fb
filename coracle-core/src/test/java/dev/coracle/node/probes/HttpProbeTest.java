package dev.coracle.node.probes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.coracle.ClosedPort;
import dev.coracle.Patience;
import dev.coracle.api.Json;
import dev.coracle.node.probes.Handlers.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpProbeTest {

  private HttpServer server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    port = server.getAddress().getPort();
    answer("/good", 204, "", "");
    answer("/bad", 503, "", "no");
    answer("/away", 302, "http://198.51.100.1/", "moved");
    answer("/near", 302, "/good", "");
    answer("/nearbad", 307, "http://127.0.0.1:" + port + "/bad", "");
    answer("/round", 301, "round", "");
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(String path, int status, String location, String body) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            if (!location.isEmpty()) {
              exchange.getResponseHeaders().set("Location", location);
            }
            exchange.sendResponseHeaders(status, body.isEmpty() ? -1 : body.length());
            exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
          }
        });
  }

  private static ObjectNode http(String path, int port) {
    return Json.object().put("path", path).put("port", port).put("host", "127.0.0.1");
  }

  private Handlers.Result get(String path) {
    return HttpProbe.get(http(path, port), Json.object(), "", Patience.LIMIT);
  }

  @Test
  void get_goodAnswer_succeeds() {
    assertThat(get("/good")).isEqualTo(Handlers.Result.SUCCESS);
    assertThat(get("good").outcome()).isEqualTo(Outcome.SUCCESS);
  }

  @Test
  void get_badAnswer_failsWithItsCode() {
    assertThat(get("/bad"))
        .isEqualTo(new Handlers.Result(Outcome.FAILURE, "HTTP probe failed with statuscode: 503"));
  }

  @Test
  void get_redirectOnTheHost_isFollowed() {
    assertThat(get("/near").outcome()).isEqualTo(Outcome.SUCCESS);
    assertThat(get("/nearbad").message()).isEqualTo("HTTP probe failed with statuscode: 503");
    assertThat(get("/round").message()).endsWith("stopped after 10 redirects");
  }

  @Test
  void get_redirectElsewhere_succeedsWithWarning() {
    assertThat(get("/away"))
        .isEqualTo(
            new Handlers.Result(
                Outcome.WARNING, "Probe terminated redirects, Response body: moved"));
  }

  @Test
  void get_unknownPortName_isNeitherSuccessNorFailure() {
    ObjectNode http = Json.object().put("port", "web");
    assertThat(HttpProbe.get(http, Json.object(), "127.0.0.1", Patience.LIMIT))
        .isEqualTo(
            new Handlers.Result(Outcome.UNKNOWN, "strconv.Atoi: parsing \"web\": invalid syntax"));
  }

  @Test
  void get_nobodyThereOrNoAnswer_saysWhat() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ObjectNode asked = http("/x", silent.getLocalPort());
      assertThat(HttpProbe.get(asked, Json.object(), "", Duration.ofSeconds(1)).message())
          .isEqualTo(
              "Get \"http://127.0.0.1:%d/x\": context deadline exceeded"
                      .formatted(silent.getLocalPort())
                  + " (Client.Timeout exceeded while awaiting headers)");
    }
    try (ClosedPort port = new ClosedPort()) {
      int closed = port.number();
      assertThat(HttpProbe.get(http("/x", closed), Json.object(), "", Patience.LIMIT).message())
          .isEqualTo(
              "Get \"http://127.0.0.1:%d/x\": dial tcp 127.0.0.1:%d: connect: connection refused"
                  .formatted(closed, closed));
    }
  }

  @Test
  void call_badAnswer_isGoodEnoughForAHook() {
    ObjectNode http = http("/bad", port);
    assertThat(HttpProbe.call(http, Json.object(), "", Patience.LIMIT).success()).isTrue();
  }
}
