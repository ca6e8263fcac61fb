package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code metav1.Status} as JSON, in both directions. */
public final class StatusJson {

  private StatusJson() {}

  /** A failure's body. */
  public static ObjectNode write(Status status) {
    ObjectNode json = start();
    if (!status.continueToken().isEmpty()) {
      json.withObject("/metadata").put("continue", status.continueToken());
    }
    json.put("status", "Failure");
    if (!status.message().isEmpty()) {
      json.put("message", status.message());
    }
    if (!status.reason().isEmpty()) {
      json.put("reason", status.reason());
    }
    Status.Details details = status.details();
    if (details != null) {
      json.set("details", write(details));
    }
    return json.put("code", status.code());
  }

  /** The body of a success that has no object to show, such as a finished deletion. */
  public static ObjectNode success(int code, Status.@Nullable Details details) {
    ObjectNode json = start();
    json.put("status", "Success");
    if (details != null) {
      json.set("details", write(details));
    }
    return code == 200 ? json : json.put("code", code);
  }

  /** Reads a failure; what is missing stays empty, and {@code httpCode} stands in for the code. */
  public static Status read(JsonNode json, int httpCode) {
    JsonNode details = json.path("details");
    List<StatusCause> causes = new ArrayList<>();
    for (JsonNode cause : details.path("causes")) {
      causes.add(
          new StatusCause(
              cause.path("reason").asText(""),
              cause.path("message").asText(""),
              cause.path("field").asText("")));
    }
    return new Status(
        json.path("code").asInt(httpCode),
        json.path("reason").asText(""),
        json.path("message").asText(""),
        details.isObject()
            ? new Status.Details(
                details.path("name").asText(""),
                details.path("group").asText(""),
                details.path("kind").asText(""),
                details.path("uid").asText(""),
                causes,
                details.path("retryAfterSeconds").asInt(0))
            : null,
        json.path("metadata").path("continue").asText(""));
  }

  private static ObjectNode start() {
    ObjectNode json = Json.object().put("kind", "Status").put("apiVersion", "v1");
    json.putObject("metadata");
    return json;
  }

  private static ObjectNode write(Status.Details details) {
    ObjectNode json = Json.object();
    put(json, "name", details.name());
    put(json, "group", details.group());
    put(json, "kind", details.kind());
    put(json, "uid", details.uid());
    if (!details.causes().isEmpty()) {
      ArrayNode causes = json.putArray("causes");
      for (StatusCause cause : details.causes()) {
        ObjectNode one = causes.addObject();
        put(one, "reason", cause.reason());
        put(one, "message", cause.message());
        put(one, "field", cause.field());
      }
    }
    if (details.retryAfterSeconds() > 0) {
      json.put("retryAfterSeconds", details.retryAfterSeconds());
    }
    return json;
  }

  private static void put(ObjectNode json, String field, String value) {
    if (!value.isEmpty()) {
      json.put(field, value);
    }
  }
}
