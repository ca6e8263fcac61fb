package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Posts events as an {@code EventList} to a server that a kubeconfig names. */
final class WebhookSink implements AuditSink {

  private static final int ATTEMPTS = 5;
  private static final double FACTOR = 1.5;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final AuditErrors.Plugin errors;
  private final Duration initialBackoff;
  private final HttpClient client = new HttpClient(1);
  private final ApiConnection connection;
  private volatile boolean closing;

  WebhookSink(AuditConfig.Webhook config, AuditErrors.Plugin errors) throws IOException {
    this.errors = errors;
    this.initialBackoff = config.initialBackoff();
    try {
      ConnectionConfig server = KubeconfigReader.read(config.configFile().toString(), "", Map.of());
      if (server == null) {
        throw new IOException(config.configFile() + " names no server");
      }
      connection = new ApiConnection(client, server);
    } catch (IOException | RuntimeException e) {
      client.close();
      throw new IOException(
          "initializing audit webhook: " + config.configFile() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public boolean process(List<ObjectNode> events) {
    ObjectNode list = Json.object();
    list.put("kind", "EventList").put("apiVersion", "audit.k8s.io/v1");
    list.putObject("metadata");
    ArrayNode items = list.putArray("items");
    items.addAll(events);
    byte[] body = Json.write(list);
    double wait = initialBackoff.toMillis();
    String failure = "";
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Outcome outcome = post(body);
      if (outcome.good) {
        return true;
      }
      failure = outcome.why;
      if (!outcome.again || attempt == ATTEMPTS || closing || !sleep((long) wait)) {
        break;
      }
      wait *= FACTOR;
    }
    errors.lost(events.size(), failure);
    return false;
  }

  private record Outcome(boolean good, boolean again, String why) {}

  private Outcome post(byte[] body) {
    String path = connection.basePath();
    ClientRequest request =
        ClientRequest.of(
            "POST",
            (path.isEmpty() ? "/" : path) + "?timeout=30s",
            Headers.of("Content-Type", "application/json", "Accept", "application/json"),
            body);
    try (ClientResponse response = connection.send(request, TIMEOUT)) {
      int status = response.status();
      response.readBody(1 << 20);
      boolean again = status == 429 || status >= 500;
      return new Outcome(status / 100 == 2, again, "the server answered " + status);
    } catch (IOException e) {
      return new Outcome(false, true, e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private boolean sleep(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
      return !closing;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    closing = true;
    connection.close();
    client.close();
  }
}
