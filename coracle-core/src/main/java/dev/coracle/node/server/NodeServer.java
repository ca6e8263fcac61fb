package dev.coracle.node.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpHandler;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.streaming.CommandResult;
import dev.coracle.http.streaming.PortForwardServer;
import dev.coracle.http.streaming.PortForwardTarget;
import dev.coracle.http.streaming.RemoteCommandOptions;
import dev.coracle.http.streaming.RemoteCommandServer;
import dev.coracle.http.streaming.RemoteCommandSession;
import dev.coracle.http.streaming.TerminalSize;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.metrics.Exposition;
import dev.coracle.node.NodeConfig;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStream;
import dev.coracle.node.runtime.ExecRequest;
import dev.coracle.node.runtime.LogReader;
import dev.coracle.node.runtime.PortConnection;
import dev.coracle.node.runtime.RuntimeFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code /containerLogs/NS/POD/CONTAINER}, {@code /exec/...}, {@code /attach/...}, {@code
 * /portForward/NS/POD}, {@code /pods}, {@code /healthz}, {@code /stats/summary}, {@code /metrics},
 * {@code /metrics/cadvisor} and {@code /metrics/resource}. Who may use them the API server decides
 * ({@link RequestAuthorization}); only {@code /healthz} is open.
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

  private final ContainerRuntime runtime;
  private final Pods pods;
  private final StatsSummary stats;
  private final NodeMetrics metrics;
  private final boolean secured;
  private final RequestAuthorization authorization;
  private @Nullable HttpServer server;

  private NodeServer(NodeConfig config, Pods pods) {
    this.runtime = config.runtime();
    this.pods = pods;
    this.stats = new StatsSummary(config, pods);
    this.metrics = new NodeMetrics(pods, stats);
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
      text(responder, 200, "ok");
      return;
    }
    RequestAuthorization.Refusal refusal = secured ? authorization.refusal(request, first) : null;
    if (refusal != null) {
      text(responder, refusal.status(), refusal.text());
      return;
    }
    Map<String, List<String>> query = query(request.rawQuery());
    switch (first) {
      case "pods" -> json(responder, podList());
      case "stats" -> json(responder, stats.summary());
      case "metrics" -> metrics(request, responder, String.join("/", path));
      case "containerLogs" -> {
        if (path.size() == 4) {
          logs(responder, path.get(1), path.get(2), path.get(3), query);
          return;
        }
        text(responder, 404, "404 page not found\n");
      }
      case "exec", "attach", "portForward" -> stream(request, responder, first, path, query);
      default -> text(responder, 404, "404 page not found\n");
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
      case "metrics/resource" -> send(responder, 200, "text/plain; version=0.0.4", stats.metrics());
      case "metrics/probes" -> send(responder, 200, "text/plain; version=0.0.4", "");
      default -> text(responder, 404, "404 page not found\n");
    }
  }

  /** The last value counts; a name without a value has the empty one. */
  private static Map<String, List<String>> query(String raw) {
    Map<String, List<String>> query = new LinkedHashMap<>();
    for (String pair : raw.split("&")) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        query
            .computeIfAbsent(
                URLDecoder.decode(name, StandardCharsets.UTF_8), n -> new ArrayList<>())
            .add(URLDecoder.decode(value, StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static String one(Map<String, List<String>> query, String name) {
    List<String> values = query.get(name);
    return values == null || values.isEmpty() ? "" : values.getLast();
  }

  private static boolean isSet(Map<String, List<String>> query, String name) {
    String value = one(query, name);
    return value.equals("true") || value.equals("1");
  }

  private static void text(HttpResponder responder, int status, String text) {
    send(responder, status, "text/plain; charset=utf-8", text);
  }

  private static void json(HttpResponder responder, ObjectNode tree) {
    responder.send(200, Headers.of("Content-Type", "application/json"), Json.write(tree));
  }

  private static void send(HttpResponder responder, int status, String type, String text) {
    responder.send(status, Headers.of("Content-Type", type), text.getBytes(StandardCharsets.UTF_8));
  }

  private ObjectNode podList() {
    ObjectNode list = Json.object().put("kind", "PodList").put("apiVersion", "v1");
    list.putObject("metadata");
    ArrayNode items = list.putArray("items");
    pods.list().forEach(pod -> items.add(pod.tree()));
    return list;
  }

  private void logs(
      HttpResponder responder,
      String namespace,
      String pod,
      String container,
      Map<String, List<String>> query)
      throws IOException {
    KubeObject found = pods.find(namespace, pod);
    if (found == null) {
      text(responder, 404, "pod \"" + pod + "\" does not exist\n");
      return;
    }
    boolean previous = isSet(query, "previous");
    Path log = pods.log(namespace, pod, container, previous);
    if (log == null) {
      text(
          responder,
          400,
          previous
              ? "previous terminated container \""
                  + container
                  + "\" in pod \""
                  + pod
                  + "\" not found"
              : "container \""
                  + container
                  + "\" in pod \""
                  + pod
                  + "\" is waiting to start: "
                  + waitingReason(found, container));
      return;
    }
    LogReader.Options options;
    try {
      options = options(query);
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      text(responder, 400, String.valueOf(e.getMessage()));
      return;
    }
    if (!java.nio.file.Files.exists(log)) {
      text(
          responder,
          400,
          "container \"" + container + "\" in pod \"" + pod + "\" is waiting to start: no log yet");
      return;
    }
    try (BodyStream body =
        responder.stream(200, Headers.of("Content-Type", "text/plain; charset=utf-8"))) {
      Thread reader = Thread.currentThread();
      if (options.follow()) {
        responder.onDisconnect(reader::interrupt);
      }
      try (OutputStream out = new java.io.BufferedOutputStream(body.asOutputStream(), 16384)) {
        LogReader.copy(log, options, out);
      }
    } catch (NoSuchFileException e) {
      return;
    } catch (InterruptedException e) {
      // The client went away.
      return;
    }
  }

  private static LogReader.Options options(Map<String, List<String>> query) {
    Instant since = null;
    if (!one(query, "sinceTime").isEmpty()) {
      since = Instant.parse(one(query, "sinceTime"));
    } else if (!one(query, "sinceSeconds").isEmpty()) {
      since = Instant.now().minusSeconds(Long.parseLong(one(query, "sinceSeconds")));
    }
    String stream = one(query, "stream");
    return new LogReader.Options(
        isSet(query, "follow"),
        number(query, "tailLines"),
        since,
        isSet(query, "timestamps"),
        number(query, "limitBytes"),
        stream.isEmpty() || stream.equals("All") ? "" : stream.toLowerCase(java.util.Locale.ROOT));
  }

  private static long number(Map<String, List<String>> query, String name) {
    String value = one(query, name);
    return value.isEmpty() || value.equals("all") ? -1 : Long.parseLong(value);
  }

  private void stream(
      HttpRequest request,
      HttpResponder responder,
      String what,
      List<String> path,
      Map<String, List<String>> query)
      throws IOException {
    boolean forward = what.equals("portForward");
    if (path.size() < 3 || (!forward && path.size() < 4)) {
      text(responder, 404, "404 page not found\n");
      return;
    }
    // /exec/NS/POD/CONTAINER, or with the Pod's uid before the container.
    String namespace = path.get(1);
    String pod = path.get(2);
    if (pods.find(namespace, pod) == null) {
      text(responder, 404, "pod does not exist");
      return;
    }
    if (forward) {
      forward(request, responder, namespace, pod, query);
      return;
    }
    boolean attach = what.equals("attach");
    String container = path.getLast();
    String id = pods.runningContainer(namespace, pod, container);
    if (id == null) {
      String missing =
          attach
              ? "container " + container + " not found in pod " + pod + "_" + namespace
              : "container not found (\"" + container + "\")";
      text(responder, 500, missing);
      return;
    }
    RemoteCommandOptions options = RemoteCommandOptions.of(query);
    RemoteCommandServer.serve(
        request,
        responder,
        options,
        session -> run(session, options, id, attach, query.getOrDefault("command", List.of())));
  }

  private CommandResult run(
      RemoteCommandSession session,
      RemoteCommandOptions options,
      String id,
      boolean attach,
      List<String> command)
      throws InterruptedException {
    ContainerStream stream;
    try {
      stream =
          attach
              ? runtime.attach(id, options.stdin(), options.stdout(), options.stderr())
              : runtime.exec(id, new ExecRequest(command, options.stdin(), options.tty()));
    } catch (RuntimeFailure e) {
      return new CommandResult.Failed(
          (attach ? "error attaching to container: " : "error executing command in container: ")
              + e.text());
    }
    try (stream) {
      session.onClose(() -> Thread.startVirtualThread(stream::close));
      Thread out = copy(stream.stdout(), session.stdout(), stream);
      Thread err = copy(stream.stderr(), session.stderr(), stream);
      if (options.stdin()) {
        Thread unused = Thread.startVirtualThread(() -> feed(session.stdin(), stream.stdin()));
      }
      if (options.tty()) {
        Thread unused = Thread.startVirtualThread(() -> resize(session, stream));
      }
      out.join();
      err.join();
      // Who is attached watches; how the container ended is in its status.
      return new CommandResult.Exited(attach ? 0 : stream.await());
    }
  }

  private static String waitingReason(@Nullable KubeObject pod, String container) {
    String reason = "";
    if (pod != null) {
      for (String list :
          List.of("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")) {
        for (JsonNode status : pod.at("status", list)) {
          if (status.path("name").asText().equals(container)) {
            reason = status.path("state").path("waiting").path("reason").asText("");
          }
        }
      }
    }
    return reason.isEmpty() ? "ContainerCreating" : reason;
  }

  private static Thread copy(InputStream from, OutputStream to, ContainerStream stream) {
    return Thread.startVirtualThread(
        () -> {
          try {
            byte[] buffer = new byte[32768];
            int count;
            while ((count = from.read(buffer)) >= 0) {
              to.write(buffer, 0, count);
              to.flush();
            }
          } catch (IOException e) {
            // The client is gone, and so its command.
            stream.close();
          }
        });
  }

  private static void feed(InputStream from, OutputStream to) {
    try (to) {
      byte[] buffer = new byte[32768];
      int count;
      while ((count = from.read(buffer)) >= 0) {
        to.write(buffer, 0, count);
        to.flush();
      }
    } catch (IOException e) {
      // One of both has ended; the other ends by itself.
      return;
    }
  }

  private static void resize(RemoteCommandSession session, ContainerStream stream) {
    try {
      TerminalSize size;
      while ((size = session.nextResize()) != null) {
        stream.resize(size.width(), size.height());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void forward(
      HttpRequest request,
      HttpResponder responder,
      String namespace,
      String pod,
      Map<String, List<String>> query)
      throws IOException {
    String sandbox = pods.sandbox(namespace, pod);
    if (sandbox == null) {
      text(responder, 404, "pod does not run");
      return;
    }
    List<Integer> ports = new ArrayList<>();
    for (String value : query.getOrDefault("port", List.of())) {
      for (String port : value.split(",")) {
        ports.add(Integer.parseInt(port));
      }
    }
    PortForwardServer.serve(
        request, responder, ports, port -> target(runtime.connect(sandbox, port)));
  }

  private static PortForwardTarget target(PortConnection connection) {
    return new PortForwardTarget() {
      @Override
      public InputStream input() {
        return connection.input();
      }

      @Override
      public OutputStream output() {
        return connection.output();
      }

      @Override
      public void close() {
        try {
          connection.close();
        } catch (IOException e) {
          return;
        }
      }
    };
  }
}
