package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.client.config.ApiConnection;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpClient;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Calls over HTTP(S), for components on another machine than the API server. Each watch has a
 * connection of its own; other calls share kept ones. Safe for any number of threads.
 */
public final class HttpsTransport implements Transport, AutoCloseable {

  private static final String JSON = "application/json";
  private static final int MOST_ANSWER_BYTES = 1 << 30;
  private static final Duration TIMEOUT = Duration.ofSeconds(65);

  private final HttpClient client;
  private final ApiConnection connection;
  private final String userAgent;

  /**
   * @param userAgent names the component, such as {@code coracle-node}
   * @throws IOException when the configuration's files cannot be read or are of no use
   */
  public HttpsTransport(ConnectionConfig config, String userAgent) throws IOException {
    this.client = new HttpClient(1);
    this.userAgent = userAgent;
    try {
      this.connection = new ApiConnection(client, config);
    } catch (IOException | RuntimeException e) {
      client.close();
      throw e;
    }
  }

  @Override
  public Answer send(Call call) {
    try (ClientResponse response = exchange(request(call))) {
      byte[] body = response.readBody(MOST_ANSWER_BYTES);
      fail(response.status(), body);
      return call.verb().equals("list") || call.verb().equals("deletecollection")
          ? list(body)
          : new Answer.One(KubeObject.of(body));
    } catch (IOException e) {
      throw unreachable(e);
    } catch (IllegalArgumentException e) {
      throw StatusException.internal("the server's answer is not JSON: " + e.getMessage());
    }
  }

  @Override
  public JsonNode read(String path) {
    ClientRequest request =
        ClientRequest.of("GET", connection.basePath() + path, headers(JSON, false));
    try (ClientResponse response = exchange(request)) {
      byte[] body = response.readBody(MOST_ANSWER_BYTES);
      fail(response.status(), body);
      return Json.read(body);
    } catch (IOException e) {
      throw unreachable(e);
    } catch (IllegalArgumentException e) {
      throw StatusException.internal("the server's answer is not JSON: " + e.getMessage());
    }
  }

  @Override
  public Watch watch(Call call, WatchHandler handler) {
    try {
      ClientResponse response = exchange(request(call));
      if (response.status() != 200) {
        try (response) {
          fail(response.status(), response.readBody(MOST_ANSWER_BYTES));
          throw StatusException.internal("a watch answered with " + response.status());
        }
      }
      WatchStream stream = new WatchStream(response, handler);
      Thread.ofVirtual().name("watch-" + call.resource().resource()).start(stream);
      return stream;
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private ClientResponse exchange(ClientRequest request) throws IOException {
    return connection.send(request, TIMEOUT);
  }

  private Headers headers(String contentType, boolean hasBody) {
    Headers headers = Headers.of("Accept", JSON, "User-Agent", userAgent);
    return hasBody ? headers.add("Content-Type", contentType) : headers;
  }

  private ClientRequest request(Call call) {
    String method =
        switch (call.verb()) {
          case "get", "list", "watch" -> "GET";
          case "create" -> "POST";
          case "update" -> "PUT";
          case "patch" -> "PATCH";
          case "delete", "deletecollection" -> "DELETE";
          default -> throw StatusException.badRequest("unknown verb " + call.verb());
        };
    JsonNode body = call.body();
    Headers headers = headers(call.contentType(), body != null);
    return body == null
        ? ClientRequest.of(method, target(call), headers)
        : ClientRequest.of(method, target(call), headers, Json.write(body));
  }

  private String target(Call call) {
    GroupVersionResource resource = call.resource();
    StringBuilder target = new StringBuilder(connection.basePath());
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
    for (Map.Entry<String, String> parameter : call.query().entrySet()) {
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
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Throws what a failed answer says; a body that is no Status becomes its message. */
  private static void fail(int status, byte[] body) {
    if (status / 100 == 2) {
      return;
    }
    JsonNode json;
    try {
      json = Json.read(body);
    } catch (IllegalArgumentException e) {
      json = Json.object();
    }
    if (json.path("kind").asText().equals("Status")) {
      throw new StatusException(StatusJson.read(json, status));
    }
    String text = new String(body, StandardCharsets.UTF_8).strip();
    throw new StatusException(
        new dev.coracle.api.Status(
            status, "", text.isEmpty() ? "the server answered with " + status : text, null));
  }

  private static Answer list(byte[] body) {
    ObjectNode tree = Json.readObject(body);
    if (!(tree.get("items") instanceof Iterable<?>) && !tree.path("items").isNull()) {
      return new Answer.One(KubeObject.of(body));
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
    return new Answer.Many(
        new ObjectList(
            items,
            metadata.path("resourceVersion").asLong(0),
            token.isEmpty() ? null : token,
            metadata.has("remainingItemCount")
                ? (Long) metadata.path("remainingItemCount").asLong()
                : null));
  }

  private static StatusException unreachable(IOException e) {
    return StatusException.serviceUnavailable("the API server is unreachable: " + e.getMessage());
  }

  /** Ends every call and watch. */
  @Override
  public void close() {
    connection.close();
    client.close();
  }
}
