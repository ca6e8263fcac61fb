package dev.coracle.auth.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.TokenAuthenticator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Users whom a webhook knows by their token (TokenReview). */
public final class WebhookTokenAuthenticator implements TokenAuthenticator {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final ReviewServer server;
  private final String version;
  private final List<String> apiAudiences;

  /**
   * @param version of the reviews: v1 or v1beta1
   * @param apiAudiences what a token is for when the webhook says nothing
   */
  public WebhookTokenAuthenticator(ReviewServer server, String version, List<String> apiAudiences) {
    this.server = server;
    this.version = version;
    this.apiAudiences = List.copyOf(apiAudiences);
  }

  @Override
  public Result authenticate(String token, List<String> audiences) {
    ObjectNode review =
        Json.object()
            .put("kind", "TokenReview")
            .put("apiVersion", "authentication.k8s.io/" + version);
    review.putObject("metadata");
    ObjectNode spec = review.putObject("spec").put("token", token);
    if (!audiences.isEmpty()) {
      ArrayNode asked = spec.putArray("audiences");
      audiences.forEach(asked::add);
    }
    review.putObject("status").putObject("user");
    JsonNode status;
    try {
      status = server.post(review, TIMEOUT).path("status");
    } catch (IOException e) {
      return new Result.Rejected(String.valueOf(e.getMessage()));
    }
    if (!status.path("authenticated").asBoolean(false)) {
      String error = status.path("error").asText("");
      return error.isEmpty() ? new Result.Anonymous() : new Result.Rejected(error);
    }
    List<String> told = strings(status.path("audiences"));
    List<String> meant = told.isEmpty() ? apiAudiences : told;
    List<String> common = audiences.stream().filter(meant::contains).toList();
    if (!audiences.isEmpty() && common.isEmpty()) {
      return new Result.Anonymous();
    }
    JsonNode user = status.path("user");
    Map<String, List<String>> extra = new LinkedHashMap<>();
    user.path("extra").properties().forEach(e -> extra.put(e.getKey(), strings(e.getValue())));
    return new Result.Authenticated(
        new UserInfo(
            user.path("username").asText(""),
            user.path("uid").asText(""),
            strings(user.path("groups")),
            extra),
        common);
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.asText()));
    return strings;
  }
}
