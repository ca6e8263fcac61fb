package dev.coracle.client.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ServerTls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A real HTTPS webhook for tests, with an authority of its own. */
public final class WebhookServer implements AutoCloseable {

  /** What a webhook does with a review. */
  public interface Handler {
    /** Gives the answer to what was posted; an {@link IOException} ends the connection. */
    JsonNode answer(ObjectNode review) throws IOException, InterruptedException;
  }

  /** What was asked. */
  public record Asked(String method, String target, Headers headers, ObjectNode review) {}

  private final CertificateAuthority authority =
      CertificateAuthority.create("webhook-ca", Instant.now(), Duration.ofDays(1));
  private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
  private final HttpServer server;
  private volatile Handler handler;
  private volatile int status = 200;

  /**
   * @param names DNS names of the serving certificate; it is also valid for 127.0.0.1
   */
  public WebhookServer(Handler handler, String... names) throws IOException {
    this.handler = handler;
    KeyAndCertificate serving =
        authority.issue(
            CertificateAuthority.Request.server(
                "webhook", List.of(names), List.of("127.0.0.1"), Duration.ofDays(1)),
            Instant.now());
    server =
        HttpServer.start(
            HttpServerOptions.loopback(ServerTls.of(serving.key(), List.of(serving.certificate()))),
            this::serve);
  }

  private void serve(HttpRequest request, HttpResponder responder) throws Exception {
    ObjectNode review = Json.readObject(request.readBody(64 << 20));
    asked.add(
        new Asked(
            request.method(),
            request.rawPath() + "?" + request.rawQuery(),
            request.headers().copy(),
            review));
    byte[] answer =
        status == 200 ? Json.write(handler.answer(review)) : "no".getBytes(StandardCharsets.UTF_8);
    responder.send(status, Headers.of("Content-Type", "application/json"), answer);
  }

  /** Answers with another function from now on. */
  public void answer(Handler next) {
    handler = next;
  }

  /** Answers with this HTTP status from now on. */
  public void status(int code) {
    status = code;
  }

  public int port() {
    return server.port();
  }

  /** For {@code clientConfig.url}. */
  public String url(String path) {
    return "https://127.0.0.1:" + port() + path;
  }

  /** For {@code clientConfig.caBundle}. */
  public String caBundle() {
    return Base64.getEncoder()
        .encodeToString(Pem.of(authority.certificate()).getBytes(StandardCharsets.US_ASCII));
  }

  /** A {@code clientConfig} with URL and authority. */
  public ObjectNode clientConfig(String path) {
    return Json.object().put("url", url(path)).put("caBundle", caBundle());
  }

  /** What was asked since the last call. */
  public BlockingQueue<Asked> asked() {
    return asked;
  }

  @Override
  public void close() {
    server.close();
  }
}
