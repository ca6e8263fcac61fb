package dev.coracle.apiserver.paths;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.WatchedAuthorizer;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpResponder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * {@code /coracle/authorizations?user=NAME}: the decisions about a user's requests from now on, one
 * JSON object a line, for as long as the client listens. Whoever asks needs the verb get on this
 * path, which only administrators have. A line has {@code resourceAttributes} or {@code
 * nonResourceAttributes} as a SubjectAccessReview, {@code allowed} and {@code reason}. A client
 * that falls behind by more than 10 000 decisions gets the line {@code {"lost":true}} and the end.
 */
public final class AuthorizationsEndpoint implements PathEndpoint {

  public static final String PATH = "/coracle/authorizations";

  private static final int MOST_WAITING = 10_000;

  private final WatchedAuthorizer authorizer;

  public AuthorizationsEndpoint(WatchedAuthorizer authorizer) {
    this.authorizer = authorizer;
  }

  @Override
  public ApiResponse serve(ApiRequest request, String rest) {
    request.requireGet();
    String user = request.query().first("user");
    if (user.isEmpty()) {
      throw StatusException.badRequest("name the user: " + PATH + "?user=NAME");
    }
    return new ApiResponse.Takeover((http, responder) -> send(user, responder));
  }

  private void send(String user, HttpResponder responder) throws Exception {
    BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    boolean[] lost = new boolean[1];
    WatchedAuthorizer.Listener listener =
        (attributes, answer) -> {
          if (attributes.user().name().equals(user) && !waiting.offer(line(attributes, answer))) {
            lost[0] = true;
          }
        };
    authorizer.add(listener);
    try (BodyStream stream =
        responder.stream(200, Headers.of("Content-Type", "application/json"))) {
      while (stream.isOpen()) {
        byte[] line = waiting.poll(1, TimeUnit.SECONDS);
        if (line != null) {
          stream.write(line);
        } else if (lost[0]) {
          stream.write("{\"lost\":true}\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
          return;
        }
      }
    } finally {
      authorizer.remove(listener);
    }
  }

  private static byte[] line(AuthorizationAttributes attributes, Authorizer.Answer answer) {
    ObjectNode line = Json.object();
    if (attributes.isResourceRequest()) {
      line.putObject("resourceAttributes")
          .put("namespace", attributes.namespace())
          .put("verb", attributes.verb())
          .put("group", attributes.apiGroup())
          .put("version", attributes.apiVersion())
          .put("resource", attributes.resource())
          .put("subresource", attributes.subresource())
          .put("name", attributes.name());
    } else {
      line.putObject("nonResourceAttributes")
          .put("path", attributes.path())
          .put("verb", attributes.verb());
    }
    byte[] json = Json.write(line.put("allowed", answer.allowed()).put("reason", answer.reason()));
    byte[] ended = java.util.Arrays.copyOf(json, json.length + 1);
    ended[json.length] = '\n';
    return ended;
  }
}
