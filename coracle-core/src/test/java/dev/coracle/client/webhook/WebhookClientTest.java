package dev.coracle.client.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.ClosedPort;
import dev.coracle.api.Json;
import dev.coracle.client.ServiceEndpoints.Endpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookClientTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final byte[] BODY = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);

  private WebhookServer server;
  private WebhookClient client;

  @BeforeEach
  void start() throws IOException {
    server = new WebhookServer(review -> review.put("seen", true), "hook.tools.svc");
    client = new WebhookClient(this::resolve, "tester");
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private Endpoint resolve(String namespace, String name, int port) throws IOException {
    if (name.equals("gone")) {
      throw new IOException("service \"gone\" not found");
    }
    assertThat(namespace + "/" + port).isEqualTo("tools/8443");
    return new Endpoint("127.0.0.1", server.port());
  }

  private WebhookConfig service(String name, String caBundle) {
    ObjectNode config = Json.object().put("caBundle", caBundle);
    config
        .putObject("service")
        .put("namespace", "tools")
        .put("name", name)
        .put("path", "/x")
        .put("port", 8443);
    return WebhookConfig.of(config);
  }

  private WebhookException failure(WebhookConfig config, Duration timeout) {
    return catchThrowableOfType(WebhookException.class, () -> client.post(config, BODY, timeout));
  }

  @Test
  void post_service_goesToItsEndpointWithTheServicesName() throws Exception {
    byte[] answer = client.post(service("hook", server.caBundle()), BODY, LONG);

    assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo("{\"a\":1,\"seen\":true}");
    WebhookServer.Asked asked = server.asked().poll();
    assertThat(asked.method() + " " + asked.target()).isEqualTo("POST /x?timeout=30s");
    assertThat(asked.headers().first("host")).isEqualTo("hook.tools.svc:8443");
    assertThat(asked.headers().first("content-type")).isEqualTo("application/json");
    assertThat(asked.headers().first("user-agent")).isEqualTo("tester");
  }

  @Test
  void post_url_isVerifiedByItsHost() throws Exception {
    client.post(WebhookConfig.of(server.clientConfig("")), BODY, Duration.ofSeconds(5));

    assertThat(server.asked().poll().target()).isEqualTo("/?timeout=5s");
  }

  @Test
  void post_certificateOfAnotherName_isNotTrusted() {
    WebhookException failure = failure(service("other", server.caBundle()), LONG);

    assertThat(failure)
        .hasMessage(
            "Post \"https://other.tools.svc:8443/x?timeout=30s\": tls: failed to verify"
                + " certificate: x509: certificate is not valid for other.tools.svc");
    assertThat(server.asked()).isEmpty();
  }

  @Test
  void post_withoutBundle_trustsNoPrivateAuthority() {
    WebhookException failure = failure(service("hook", ""), LONG);

    assertThat(failure)
        .hasMessage(
            "Post \"https://hook.tools.svc:8443/x?timeout=30s\": tls: failed to verify"
                + " certificate: x509: certificate signed by unknown authority");
  }

  @Test
  void post_noSuchService_saysSo() {
    assertThat(failure(service("gone", server.caBundle()), LONG))
        .hasMessage(
            "Post \"https://gone.tools.svc:8443/x?timeout=30s\": service \"gone\" not found");
  }

  @Test
  void post_nobodyListens_isRefused() throws IOException {
    int port;
    String url;
    WebhookException failure;
    try (ClosedPort closed = new ClosedPort()) {
      port = closed.number();
      url = "https://127.0.0.1:" + port + "/x";
      failure = failure(WebhookConfig.of(Json.object().put("url", url)), LONG);
    }

    assertThat(failure)
        .hasMessage(
            "Post \""
                + url
                + "?timeout=30s\": dial tcp 127.0.0.1:"
                + port
                + ": connect: connection refused");
    assertThat(failure.isTimeout()).isFalse();
  }

  @Test
  void post_slowAnswer_isGivenUpInTime() {
    CountDownLatch never = new CountDownLatch(1);
    server.answer(
        review -> {
          never.await();
          return review;
        });
    WebhookException failure =
        failure(WebhookConfig.of(server.clientConfig("/slow")), Duration.ofSeconds(1));
    never.countDown();

    assertThat(failure)
        .hasMessage("Post \"" + server.url("/slow") + "?timeout=1s\": context deadline exceeded");
    assertThat(failure.isTimeout()).isTrue();
  }

  @Test
  void post_answerIsNoSuccess_isAnErrorOfTheServer() {
    server.status(500);
    WebhookException failure = failure(WebhookConfig.of(server.clientConfig("/x")), LONG);
    assertThat(failure)
        .hasMessage("an error on the server (\"no\") has prevented the request from succeeding");
    assertThat(failure.status()).isEqualTo(500);

    server.status(404);
    assertThat(failure(WebhookConfig.of(server.clientConfig("/x")), LONG))
        .hasMessage("the server could not find the requested resource");
  }

  @Test
  void post_bundleThatIsNone_isTold() {
    assertThat(failure(service("hook", "bm90aGluZw=="), LONG))
        .hasMessageContaining("unable to load root certificates");
  }
}
