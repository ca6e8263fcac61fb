package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Calls as HTTP requests with JSON bodies, and what answers to them mean. */
public final class WireCalls {

  private static final String JSON = "application/json";
  private static final int MOST_ANSWER_BYTES = 1 << 30;

  private WireCalls() {}

  /**
   * @param basePath before {@code /api}; empty for none
   * @param headers of the request, to which those of its body are added
   */
  public static ClientRequest request(Call call, String basePath, Headers headers) {
    JsonNode body = call.body();
    headers.set("Accept", JSON);
    if (body == null) {
      return ClientRequest.of(method(call), target(call, basePath), headers);
    }
    headers.set("Content-Type", call.contentType());
    return ClientRequest.of(method(call), target(call, basePath), headers, Json.write(body));
  }

  /**
   * @throws StatusException as the server answered
   */
  public static Transport.Answer answer(Call call, ClientResponse response) throws IOException {
    byte[] body = body(call, response);
    try {
      return call.verb().equals("list") || call.verb().equals("deletecollection")
          ? list(body)
          : new Transport.Answer.One(KubeObject.of(body));
    } catch (IllegalArgumentException e) {
      throw notJson(e);
    }
  }

  /** Tells of the events of an answer to a watch, on a thread of its own. */
  public static Transport.Watch watch(
      Call call, ClientResponse response, Transport.WatchHandler handler) throws IOException {
    if (response.status() != 200) {
      try (response) {
        byte[] unused = body(call, response);
        throw StatusException.internal("a watch answered with " + response.status());
      }
    }
    WatchStream stream = new WatchStream(response, handler);
    Thread.ofVirtual().name("watch-" + call.resource().resource()).start(stream);
    return stream;
  }

  /** The answer to a GET of a path that names no resource. */
  public static JsonNode document(ClientResponse response) throws IOException {
    byte[] body = response.readBody(MOST_ANSWER_BYTES);
    if (response.status() / 100 != 2) {
      throw failure("GET", "", "", response.status(), body);
    }
    try {
      return Json.read(body);
    } catch (IllegalArgumentException e) {
      throw notJson(e);
    }
  }

  private static byte[] body(Call call, ClientResponse response) throws IOException {
    byte[] body = response.readBody(MOST_ANSWER_BYTES);
    if (response.status() / 100 != 2) {
      throw failure(call, response.status(), body);
    }
    return body;
  }

  private static StatusException notJson(IllegalArgumentException e) {
    return StatusException.internal("the server's answer is not JSON: " + e.getMessage());
  }

  /** The HTTP method of a call's verb. */
  public static String method(Call call) {
    return switch (call.verb()) {
      case "get", "list", "watch" -> "GET";
      case "create" -> "POST";
      case "update" -> "PUT";
      case "patch" -> "PATCH";
      case "delete", "deletecollection" -> "DELETE";
      default -> throw StatusException.badRequest("unknown verb " + call.verb());
    };
  }

  private static String target(Call call, String basePath) {
    GroupVersionResource resource = call.resource();
    StringBuilder target = new StringBuilder(basePath);
    target.append(resource.group().isEmpty() ? "/api/" : "/apis/").append(resource.apiVersion());
    if (!call.namespace().isEmpty()) {
      target.append("/namespaces/").append(encode(call.namespace()));
    }
    target.append('/').append(resource.resource());
    if (!call.name().isEmpty()) {
      target.append('/').append(encode(call.name()));
    }
    if (!call.subresource().isEmpty()) {
      target.append('/').append(call.subresource());
    }
    char separator = '?';
    if (call.verb().equals("watch")) {
      target.append("?watch=true");
      separator = '&';
    }
    for (Map.Entry<String, String> parameter : new TreeMap<>(call.query()).entrySet()) {
      if (!parameter.getKey().equals("watch")) {
        target
            .append(separator)
            .append(encode(parameter.getKey()))
            .append('=')
            .append(encode(parameter.getValue()));
        separator = '&';
      }
    }
    return target.toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }

  /** What a failed answer says: its Status, or what client-go makes of a body that is none. */
  public static StatusException failure(Call call, int code, byte[] body) {
    String group = call.resource().group();
    String resource = call.resource().resource();
    return failure(
        method(call), group.isEmpty() ? resource : resource + "." + group, call.name(), code, body);
  }

  private static StatusException failure(
      String method, String resource, String name, int code, byte[] body) {
    JsonNode json;
    try {
      json = Json.read(body);
    } catch (IllegalArgumentException e) {
      json = Json.object();
    }
    if (json.path("kind").asText().equals("Status")) {
      return new StatusException(StatusJson.read(json, code));
    }
    StringBuilder message =
        new StringBuilder(meaning(code, new String(body, StandardCharsets.UTF_8).strip()));
    if (!resource.isEmpty()) {
      message.append(" (").append(method.toLowerCase(Locale.ROOT)).append(' ').append(resource);
      message.append(name.isEmpty() ? "" : " " + name).append(')');
    }
    return new StatusException(new Status(code, reason(method, code), message.toString(), null));
  }

  private static String reason(String method, int code) {
    return switch (code) {
      case 400 -> "BadRequest";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "NotFound";
      case 405 -> "MethodNotAllowed";
      case 406 -> "NotAcceptable";
      case 409 -> method.equals("POST") ? "AlreadyExists" : "Conflict";
      case 415 -> "UnsupportedMediaType";
      case 422 -> "Invalid";
      case 429 -> "TooManyRequests";
      case 503 -> "ServiceUnavailable";
      case 504 -> "Timeout";
      default -> code >= 500 ? "InternalError" : "";
    };
  }

  private static String meaning(int code, String text) {
    return switch (code) {
      case 400 -> "the server rejected our request for an unknown reason";
      case 401 -> "the server has asked for the client to provide credentials";
      case 403, 406, 415 -> text.isEmpty() ? "unknown" : text;
      case 404 -> "the server could not find the requested resource";
      case 405 -> "the server does not allow this method on the requested resource";
      case 409 -> "the server reported a conflict";
      case 422 -> "the server rejected our request due to an error in our request";
      case 429 -> "the server has received too many requests and has asked us to try again later";
      case 503 -> "the server is currently unable to handle the request";
      case 504 ->
          "the server was unable to return a response in the time allotted, but may still be"
              + " processing the request";
      default ->
          code >= 500
              ? "an error on the server (\""
                  + text
                  + "\") has prevented the request from succeeding"
              : "the server responded with the status code "
                  + code
                  + " but did not return more information";
    };
  }

  private static Transport.Answer list(byte[] body) {
    ObjectNode tree = Json.readObject(body);
    if (!(tree.get("items") instanceof Iterable<?>) && !tree.path("items").isNull()) {
      return new Transport.Answer.One(KubeObject.of(body));
    }
    String kind = tree.path("kind").asText();
    String itemKind = kind.endsWith("List") ? kind.substring(0, kind.length() - 4) : kind;
    String apiVersion = tree.path("apiVersion").asText();
    List<KubeObject> items = new ArrayList<>();
    for (JsonNode item : tree.path("items")) {
      if (item instanceof ObjectNode object) {
        if (!object.has("kind")) {
          object.put("kind", itemKind);
        }
        if (!object.has("apiVersion")) {
          object.put("apiVersion", apiVersion);
        }
        items.add(KubeObject.of(object));
      }
    }
    JsonNode metadata = tree.path("metadata");
    String token = metadata.path("continue").asText("");
    return new Transport.Answer.Many(
        new ObjectList(
            items,
            metadata.path("resourceVersion").asLong(0),
            token.isEmpty() ? null : token,
            metadata.has("remainingItemCount")
                ? (Long) metadata.path("remainingItemCount").asLong()
                : null));
  }
}
