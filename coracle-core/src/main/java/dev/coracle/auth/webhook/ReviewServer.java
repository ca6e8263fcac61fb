package dev.coracle.auth.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.client.config.ApiConnection;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * A server that answers reviews, as a kubeconfig file describes it. Nothing is connected before the
 * first review.
 */
public final class ReviewServer implements AutoCloseable {

  private static final int MOST_ANSWER_BYTES = 1 << 20;
  private static final int TRIES = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

  private final HttpClient http;
  private final ApiConnection connection;
  private final String target;

  private ReviewServer(HttpClient http, ApiConnection connection) {
    this.http = http;
    this.connection = connection;
    String path = connection.basePath();
    String query = connection.config().server().getRawQuery();
    this.target = (path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
  }

  /**
   * @throws IOException in a sentence, when the file is of no use
   */
  public static ReviewServer of(Path kubeconfig) throws IOException {
    ConnectionConfig config = KubeconfigReader.read(kubeconfig.toString(), "", Map.of());
    if (config == null) {
      throw new IOException(kubeconfig + " has no current context");
    }
    HttpClient http = new HttpClient(1);
    try {
      return new ReviewServer(http, new ApiConnection(http, config));
    } catch (IOException | RuntimeException e) {
      http.close();
      throw e;
    }
  }

  /**
   * Posts a review, again after a failure of the network or the server, with growing pauses.
   *
   * @param timeout of each try
   * @return the answer
   * @throws IOException when there was none of use
   */
  JsonNode post(ObjectNode review, Duration timeout) throws IOException {
    byte[] body = Json.write(review);
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      try {
        return post(body, timeout);
      } catch (Retryable e) {
        if (attempt == TRIES) {
          throw e;
        }
      }
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      pause = pause.multipliedBy(3).dividedBy(2);
    }
  }

  private static final class Retryable extends IOException {
    private static final long serialVersionUID = 1L;

    Retryable(String message) {
      super(message);
    }

    Retryable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private JsonNode post(byte[] body, Duration timeout) throws IOException {
    Headers headers = Headers.of("Content-Type", "application/json", "Accept", "application/json");
    byte[] answer;
    int status;
    try (ClientResponse response =
        connection.send(ClientRequest.of("POST", target, headers, body), timeout)) {
      status = response.status();
      answer = response.readBody(MOST_ANSWER_BYTES);
    } catch (IOException e) {
      throw new Retryable("the webhook can't be reached: " + e.getMessage(), e);
    }
    if (status == 429 || status >= 500) {
      throw new Retryable("the webhook answered with " + status);
    }
    if (status / 100 != 2) {
      throw new IOException("the webhook answered with " + status);
    }
    try {
      return Json.read(answer);
    } catch (IllegalArgumentException e) {
      throw new IOException("the webhook's answer is not JSON", e);
    }
  }

  @Override
  public void close() {
    connection.close();
    http.close();
  }
}
