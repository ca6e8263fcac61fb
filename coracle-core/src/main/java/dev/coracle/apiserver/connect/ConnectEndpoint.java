package dev.coracle.apiserver.connect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.access.Access;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Text;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The subresources that connect to something else: proxies to Services, Pods and nodes, and a Pod's
 * logs and streams, which its node's kubelet serves (under the paths of a kubelet's server).
 */
public final class ConnectEndpoint {

  private static final Set<String> LOG_OPTIONS =
      Set.of(
          "follow",
          "limitBytes",
          "previous",
          "sinceSeconds",
          "sinceTime",
          "stream",
          "tailLines",
          "timestamps");
  private static final int ERROR_LIMIT = 50_000;

  private final Locations locations;
  private final Relay relay;
  private final Access access;

  public ConnectEndpoint(Locations locations, Relay relay, Access access) {
    this.locations = locations;
    this.relay = relay;
    this.access = access;
  }

  public ApiResponse serve(ApiRequest request, String namespace) {
    return switch (request.info().subresource()) {
      case "proxy" -> proxy(request, namespace);
      case "log" -> log(request, namespace);
      case "exec" -> stream(request, namespace, "exec");
      case "attach" -> stream(request, namespace, "attach");
      default -> portForward(request, namespace);
    };
  }

  private ApiResponse proxy(ApiRequest request, String namespace) {
    RequestInfo info = request.info();
    Target target = target(info, namespace);
    return new ApiResponse.Takeover(
        (http, responder) -> {
          String raw = http.rawPath();
          String path = info.rest().isEmpty() && !raw.endsWith("/") ? "" : "/" + info.rest();
          String prefix = raw.substring(0, raw.length() - path.length());
          String query = http.rawQuery().isEmpty() ? "" : "?" + http.rawQuery();
          if (path.isEmpty() && !http.headers().contains("upgrade")) {
            responder.send(301, Headers.of("Location", raw + "/" + query));
            return;
          }
          relay.pass(http, responder, target, (path.isEmpty() ? "/" : path) + query, prefix);
        });
  }

  private Target target(RequestInfo info, String namespace) {
    if (info.resource().equals("nodes")) {
      return locations.node(info.name());
    }
    boolean service = info.resource().equals("services");
    ProxyName name = ProxyName.parse(info.name());
    if (name == null) {
      throw StatusException.badRequest(
          "invalid " + (service ? "service" : "pod") + " request " + Text.quote(info.name()));
    }
    return service ? locations.service(namespace, name) : locations.pod(namespace, name);
  }

  private ApiResponse log(ApiRequest request, String namespace) {
    KubeObject pod = locations.pod(namespace, request.info().name());
    String container = container(pod, request.query().first("container"));
    String node = pod.text("spec", "nodeName");
    if (node.isEmpty()) {
      return ApiResponse.text(200, "");
    }
    for (String number : List.of("tailLines", "limitBytes", "sinceSeconds")) {
      request.query().findNumber(number);
    }
    StringBuilder query = new StringBuilder();
    LOG_OPTIONS.stream()
        .sorted()
        .forEach(
            option -> request.query().all(option).forEach(value -> append(query, option, value)));
    Target kubelet = locations.kubelet(node);
    String path = "/containerLogs/" + namespace + "/" + pod.name() + "/" + container + query;
    return new ApiResponse.Takeover(
        (http, responder) -> copyLog(http, responder, kubelet, path, pod.name()));
  }

  private void copyLog(
      HttpRequest http, HttpResponder responder, Target kubelet, String path, String pod)
      throws IOException {
    try (ClientResponse response =
        relay.send(kubelet, ClientRequest.of("GET", path, new Headers()))) {
      responder.onDisconnect(response::close);
      if (response.status() < 200 || response.status() > 206) {
        throw refusal(response, pod);
      }
      if (http.isUpgradeTo("websocket")) {
        WebSocketLog.answer(http, responder, response);
        return;
      }
      Headers headers =
          Headers.of("Content-Type", "text/plain", "Cache-Control", "no-cache, private");
      Relay.answer(http, responder, response, headers);
    }
  }

  private static StatusException refusal(ClientResponse response, String pod) throws IOException {
    String text = new String(response.readBody(ERROR_LIMIT), StandardCharsets.UTF_8).strip();
    return switch (response.status()) {
      case 500 -> StatusException.internal(text);
      case 400 -> StatusException.badRequest(text);
      case 404 ->
          new StatusException(
              new Status(
                  404,
                  "NotFound",
                  text.isEmpty() ? "the server could not find the requested resource" : text,
                  new Status.Details(pod, "", "pods/log", "", List.of(), 0)));
      default -> new StatusException(new Status(response.status(), "InternalError", text, null));
    };
  }

  private ApiResponse stream(ApiRequest request, String namespace, String what) {
    requireCreate(request);
    KubeObject pod = locations.pod(namespace, request.info().name());
    String container = container(pod, request.query().first("container"));
    StringBuilder query = new StringBuilder();
    stream(request, "stdin", "input", query);
    stream(request, "stdout", "output", query);
    stream(request, "stderr", "error", query);
    if (query.isEmpty()) {
      throw StatusException.badRequest("you must specify at least 1 of stdin, stdout, stderr");
    }
    stream(request, "tty", "tty", query);
    request.query().all("command").forEach(word -> append(query, "command", word));
    return passed(pod, "/" + what + "/" + namespace + "/" + pod.name() + "/" + container + query);
  }

  private ApiResponse portForward(ApiRequest request, String namespace) {
    requireCreate(request);
    KubeObject pod = locations.pod(namespace, request.info().name());
    StringBuilder query = new StringBuilder();
    request.query().all("ports").forEach(port -> append(query, "port", port));
    return passed(pod, "/portForward/" + namespace + "/" + pod.name() + query);
  }

  private ApiResponse passed(KubeObject pod, String path) {
    String node = pod.text("spec", "nodeName");
    if (node.isEmpty()) {
      throw StatusException.badRequest("pod " + pod.name() + " does not have a host assigned");
    }
    Target kubelet = locations.kubelet(node);
    return new ApiResponse.Takeover(
        (http, responder) -> {
          if (!http.headers().contains("upgrade")) {
            throw StatusException.badRequest("Upgrade request required");
          }
          relay.pass(http, responder, kubelet, path, null);
        });
  }

  /** A GET that opens a WebSocket does what a POST does, and needs the same right. */
  private void requireCreate(ApiRequest request) {
    RequestInfo info = request.info();
    if (info.verb().equals("create")) {
      return;
    }
    access.require(
        AuthorizationAttributes.resource(
            request.user(),
            "create",
            GroupVersionResource.core(info.resource()),
            info.subresource(),
            info.namespace(),
            info.name()));
  }

  /** The container asked for, or the only one. */
  private static String container(KubeObject pod, String asked) {
    List<String> containers = names(pod.at("spec", "containers"));
    List<String> init = names(pod.at("spec", "initContainers"));
    List<String> ephemeral = names(pod.at("spec", "ephemeralContainers"));
    if (!asked.isEmpty()) {
      if (containers.contains(asked) || init.contains(asked) || ephemeral.contains(asked)) {
        return asked;
      }
      throw StatusException.badRequest(
          "container " + asked + " is not valid for pod " + pod.name());
    }
    if (containers.size() == 1) {
      return containers.getFirst();
    }
    throw StatusException.badRequest(
        "a container name must be specified for pod "
            + pod.name()
            + ", choose one of: "
            + bracketed(containers)
            + (init.isEmpty() ? "" : " or one of the init containers: " + bracketed(init)));
  }

  private static List<String> names(JsonNode containers) {
    List<String> names = new ArrayList<>();
    containers.forEach(container -> names.add(container.path("name").asText()));
    return names;
  }

  private static String bracketed(List<String> names) {
    return "[" + String.join(" ", names) + "]";
  }

  private static void stream(
      ApiRequest request, String option, String kubeletOption, StringBuilder query) {
    if (request.query().flag(option)) {
      append(query, kubeletOption, "1");
    }
  }

  private static void append(StringBuilder query, String name, String value) {
    query
        .append(query.isEmpty() ? '?' : '&')
        .append(name)
        .append('=')
        .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
  }
}
