package dev.coracle.node.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpHandler;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.metrics.Exposition;
import dev.coracle.node.inputs.NodeConfig;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code /containerLogs/NS/POD/CONTAINER}, {@code /exec/...}, {@code /attach/...}, {@code
 * /portForward/NS/POD}, {@code /pods}, {@code /runningpods/}, {@code /logs/}, {@code /configz},
 * {@code /healthz}, {@code /stats/summary}, {@code /metrics}, {@code /metrics/cadvisor} and {@code
 * /metrics/resource}. Who may use them the API server decides ({@link RequestAuthorization}); only
 * {@code /healthz} is open.
 */
public final class NodeServer implements AutoCloseable {

  /** What the server needs to know of the node's Pods. */
  public interface Pods {
    List<KubeObject> list();

    @Nullable KubeObject find(String namespace, String name);

    /** The id of a running container; null when it does not run. */
    @Nullable String runningContainer(String namespace, String name, String container);

    @Nullable String sandbox(String namespace, String name);

    /** The log of a container's current or previous run; null when there was none. */
    @Nullable Path log(String namespace, String name, String container, boolean previous);
  }

  private final NodeConfig config;
  private final Pods pods;
  private final StatsSummary stats;
  private final NodeMetrics metrics;
  private final ContainerLogs logs;
  private final NodeLogs nodeLogs;
  private final PodStreams streams;
  private final boolean secured;
  private final RequestAuthorization authorization;
  private @Nullable HttpServer server;

  private NodeServer(NodeConfig config, Pods pods) {
    this.config = config;
    this.pods = pods;
    this.stats = new StatsSummary(config, pods);
    this.metrics = new NodeMetrics(pods, stats);
    this.logs = new ContainerLogs(pods);
    this.nodeLogs = new NodeLogs(config.stateDir().resolve("logs"));
    this.streams = new PodStreams(config.runtime(), pods);
    this.secured = config.tls() != null;
    this.authorization =
        new RequestAuthorization(config.client(), config.clock(), config.nodeName());
  }

  /**
   * Listens where the config says.
   *
   * @throws IOException when it cannot
   */
  public static NodeServer start(NodeConfig config, Pods pods) throws IOException {
    NodeServer node = new NodeServer(config, pods);
    ServerTls tls = config.tls();
    ServerTls verifying = tls == null ? null : verifying(tls);
    java.net.InetSocketAddress listen = config.listen();
    if (listen == null) {
      throw new IOException("no address to listen on");
    }
    HttpHandler handler = node::handle;
    node.server =
        HttpServer.start(HttpServerOptions.of(verifying, listen).withEventLoops(1), handler);
    return node;
  }

  public int port() {
    return server == null ? 0 : server.port();
  }

  /** Takes new certificates into use. */
  public void reloadTls(ServerTls tls) {
    if (server != null) {
      server.reloadTls(verifying(tls));
    }
  }

  private static ServerTls verifying(ServerTls tls) {
    return new ServerTls(
        tls.key(),
        tls.chain(),
        ServerTls.ClientCertificates.VERIFIED,
        tls.clientAuthorities(),
        tls.policy());
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }

  private void handle(HttpRequest request, HttpResponder responder) throws IOException {
    List<String> path = new ArrayList<>();
    for (String part : request.rawPath().split("/", -1)) {
      if (!part.isEmpty()) {
        path.add(URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8));
      }
    }
    String first = path.isEmpty() ? "" : path.getFirst();
    if (first.equals("healthz")) {
      Answers.text(responder, 200, "ok");
      return;
    }
    RequestAuthorization.Refusal refusal = secured ? authorization.refusal(request, first) : null;
    if (refusal != null) {
      Answers.text(responder, refusal.status(), refusal.text());
      return;
    }
    Query query = Query.of(request.rawQuery());
    switch (first) {
      case "pods" -> Answers.json(responder, podList());
      case "runningpods" -> Answers.json(responder, runningPods());
      case "logs" ->
          nodeLogs.serve(responder, path.subList(1, path.size()), request.rawPath().endsWith("/"));
      case "configz" -> Answers.json(responder, configuration());
      case "stats" -> Answers.json(responder, stats.summary());
      case "metrics" -> metrics(request, responder, String.join("/", path));
      case "containerLogs" -> {
        if (path.size() == 4) {
          logs.send(responder, path.get(1), path.get(2), path.get(3), query);
          return;
        }
        Answers.text(responder, 404, "404 page not found\n");
      }
      case "exec", "attach", "portForward" -> streams.serve(request, responder, first, path, query);
      default -> Answers.text(responder, 404, "404 page not found\n");
    }
  }

  private void metrics(HttpRequest request, HttpResponder responder, String path) {
    Exposition format = Exposition.of(request.headers().first("accept", ""));
    switch (path) {
      case "metrics" ->
          responder.send(
              200, Headers.of("Content-Type", format.contentType()), metrics.node(format));
      case "metrics/cadvisor" ->
          responder.send(
              200, Headers.of("Content-Type", format.contentType()), metrics.containers(format));
      case "metrics/resource" ->
          Answers.send(responder, 200, "text/plain; version=0.0.4", stats.metrics());
      case "metrics/probes" -> Answers.send(responder, 200, "text/plain; version=0.0.4", "");
      default -> Answers.text(responder, 404, "404 page not found\n");
    }
  }

  /** The part of a KubeletConfiguration that this node has. */
  private ObjectNode configuration() {
    ObjectNode answer = Json.object();
    ObjectNode kubelet =
        answer
            .putObject("kubeletconfig")
            .put("kind", "KubeletConfiguration")
            .put("apiVersion", "kubelet.config.k8s.io/v1beta1")
            .put("enableServer", true)
            .put("address", config.address())
            .put("port", port());
    ObjectNode authentication = kubelet.putObject("authentication");
    authentication.putObject("webhook").put("enabled", secured);
    authentication.putObject("anonymous").put("enabled", !secured);
    kubelet.putObject("authorization").put("mode", secured ? "Webhook" : "AlwaysAllow");
    kubelet.put("maxPods", config.maxPods()).put("podCIDR", config.podCidr());
    kubelet.put("clusterDomain", config.clusterDomain());
    ArrayNode dns = kubelet.putArray("clusterDNS");
    config.dns().servers().forEach(dns::add);
    return answer;
  }

  private ObjectNode podList() {
    ObjectNode list = emptyList();
    pods.list().forEach(pod -> list.withArray("items").add(pod.tree()));
    return list;
  }

  /** The Pods that the runtime has, in the little that it knows of them. */
  private ObjectNode runningPods() {
    ObjectNode list = emptyList();
    for (KubeObject pod : pods.list()) {
      if (pods.sandbox(pod.namespace(), pod.name()) == null) {
        continue;
      }
      ObjectNode item = list.withArray("items").addObject();
      item.putObject("metadata")
          .put("name", pod.name())
          .put("namespace", pod.namespace())
          .put("uid", pod.uid())
          .putNull("creationTimestamp");
      ArrayNode containers = item.putObject("spec").putArray("containers");
      for (JsonNode container : pod.at("spec", "containers")) {
        String name = container.path("name").asText();
        if (pods.runningContainer(pod.namespace(), pod.name(), name) != null) {
          ObjectNode entry = containers.addObject().put("name", name);
          entry.put("image", container.path("image").asText()).putObject("resources");
        }
      }
      item.putObject("status");
    }
    return list;
  }

  private static ObjectNode emptyList() {
    ObjectNode list = Json.object().put("kind", "PodList").put("apiVersion", "v1");
    list.putObject("metadata");
    list.putArray("items");
    return list;
  }
}
