package dev.coracle.cli.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.client.config.ApiConnection;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What the server decides about a user's requests, heard from {@code /coracle/authorizations} from
 * the constructor's return on.
 */
final class Recording implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int MOST_ERROR_BYTES = 1 << 16;
  private static final String PATH = "/coracle/authorizations";

  private final UserInfo user;
  private final ClientResponse stream;
  private final String last = PATH + "/end-" + Long.toHexString(System.nanoTime());
  private final Set<AuthorizationAttributes> requests = new LinkedHashSet<>();
  private final Set<AuthorizationAttributes> denied = new LinkedHashSet<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile String failure = "the stream of decisions ended before the command did";

  /**
   * @throws IOException in a sentence, when the server has no such stream or refuses it
   */
  Recording(ApiConnection server, UserInfo user) throws IOException {
    this.user = user;
    String query = "?user=" + URLEncoder.encode(user.name(), StandardCharsets.UTF_8);
    stream =
        server.send(
            ClientRequest.of(
                "GET", server.basePath() + PATH + query, Headers.of("User-Agent", "coracle")),
            PATIENCE);
    if (stream.status() != 200) {
      try (stream) {
        String body = new String(stream.readBody(MOST_ERROR_BYTES), StandardCharsets.UTF_8);
        throw new IOException(
            stream.status() == 404
                ? "the server has no " + PATH + ", so it is no Coracle cluster of this version"
                : "the server does not tell its decisions: " + message(body));
      }
    }
    Thread.ofVirtual().name("recording").start(this::read);
  }

  private static String message(String body) {
    try {
      return Json.read(body).path("message").asText(body);
    } catch (IllegalArgumentException e) {
      return body;
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!take(Json.read(line))) {
          return;
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      failure = "the stream of decisions broke: " + e.getMessage();
    } finally {
      ended.countDown();
    }
  }

  private boolean take(JsonNode line) {
    if (line.path("lost").asBoolean()) {
      failure = "more decisions than could be recorded";
      return false;
    }
    AuthorizationAttributes request = request(line);
    if (request.path().equals(last)) {
      failure = "";
      return false;
    }
    requests.add(request);
    if (!line.path("allowed").asBoolean()) {
      denied.add(request);
    }
    return true;
  }

  private AuthorizationAttributes request(JsonNode line) {
    JsonNode path = line.path("nonResourceAttributes");
    if (path.isObject()) {
      return AuthorizationAttributes.nonResource(user, text(path, "verb"), text(path, "path"));
    }
    JsonNode resource = line.path("resourceAttributes");
    return AuthorizationAttributes.resource(
        user,
        text(resource, "verb"),
        GroupVersionResource.of(
            text(resource, "group"), text(resource, "version"), text(resource, "resource")),
        text(resource, "subresource"),
        text(resource, "namespace"),
        text(resource, "name"));
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText();
  }

  /**
   * A path for one last request of the user: when its decision is heard, so were all before. It
   * leads nowhere and needs no right.
   */
  String lastPath() {
    return last;
  }

  /**
   * All requests, when that of {@link #lastPath} was heard.
   *
   * @throws IOException in a sentence, when some may be missing
   */
  Set<AuthorizationAttributes> requests() throws IOException, InterruptedException {
    if (!ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException("the server told no end of its decisions");
    }
    if (!failure.isEmpty()) {
      throw new IOException(failure);
    }
    return requests;
  }

  /** Those of {@link #requests} that were refused. */
  Set<AuthorizationAttributes> denied() {
    return denied;
  }

  @Override
  public void close() {
    stream.close();
  }
}
