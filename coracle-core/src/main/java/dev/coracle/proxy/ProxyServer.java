package dev.coracle.proxy;

import dev.coracle.client.config.ApiConnection;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpClient;
import dev.coracle.http.HttpHandler;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A running proxy. */
public final class ProxyServer implements AutoCloseable {

  private final HttpClient client;
  private final ApiConnection connection;
  private final HttpServer server;

  private ProxyServer(HttpClient client, ApiConnection connection, HttpServer server) {
    this.client = client;
    this.connection = connection;
    this.server = server;
  }

  /**
   * Starts to listen. The API server need not be there yet.
   *
   * @throws IOException in a sentence: the address is taken, a credential cannot be read
   * @throws IllegalArgumentException naming a filter that is no regular expression
   */
  public static ProxyServer start(ProxyOptions options, ConnectionConfig config)
      throws IOException {
    RequestFilter filter = new RequestFilter(options);
    HttpClient client = new HttpClient(1, options.keepAlive());
    try {
      ApiConnection connection = new ApiConnection(client, config);
      Forwarder forwarder = new Forwarder(connection, options.appendServerPath());
      HttpHandler handler = handler(options, filter, forwarder);
      HttpServerOptions listen =
          HttpServerOptions.of(null, address(options)).withEventLoops(1).withHttp2(false);
      HttpServer server = HttpServer.start(listen, handler);
      Path socket = options.unixSocket();
      if (socket != null) {
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwx------"));
      }
      return new ProxyServer(client, connection, server);
    } catch (IOException | RuntimeException e) {
      client.close();
      throw e;
    }
  }

  private static SocketAddress address(ProxyOptions options) throws IOException {
    Path socket = options.unixSocket();
    if (socket == null) {
      return new InetSocketAddress(options.address(), options.port());
    }
    if (Files.exists(socket)) {
      if (Files.isRegularFile(socket) || Files.isDirectory(socket)) {
        throw new IOException("listen unix " + socket + ": the file exists and is no socket");
      }
      Files.delete(socket);
    }
    return UnixDomainSocketAddress.of(socket);
  }

  private static HttpHandler handler(
      ProxyOptions options, RequestFilter filter, Forwarder forwarder) {
    Path www = options.www();
    StaticFiles files = www == null ? null : new StaticFiles(www);
    return (request, responder) -> {
      ProxyPath path = ProxyPath.of(request.rawPath());
      if (path == null) {
        text(responder, 400, "Bad Request");
      } else if (!path.isClean()) {
        responder.send(301, Headers.of("Location", path.cleanTarget(request.rawQuery())));
      } else if (files != null && path.decoded().startsWith(options.wwwPrefix())) {
        files.serve(request, responder, path.decoded().substring(options.wwwPrefix().length()));
      } else {
        api(options, filter, forwarder, path, request, responder);
      }
    };
  }

  private static void api(
      ProxyOptions options,
      RequestFilter filter,
      Forwarder forwarder,
      ProxyPath path,
      HttpRequest request,
      HttpResponder responder)
      throws IOException {
    ProxyPath inner =
        options.apiPrefix().startsWith("/api") && path.decoded().startsWith(options.apiPrefix())
            ? path
            : path.without(options.apiPrefix());
    if (inner == null) {
      text(responder, 404, "404 page not found");
    } else if (!filter.accepts(request.method(), inner.decoded(), request.authority())) {
      text(responder, 403, "Forbidden");
    } else {
      forwarder.forward(request, responder, inner.raw());
    }
  }

  /** An answer of the proxy's own. */
  static void text(HttpResponder responder, int status, String text) {
    responder.send(
        status,
        Headers.of(
            "Content-Type", "text/plain; charset=utf-8", "X-Content-Type-Options", "nosniff"),
        (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Where it listens: {@code host:port}, or the socket's path. */
  public String address() {
    return switch (server.addresses().getFirst()) {
      case InetSocketAddress internet ->
          (internet.getAddress().getHostAddress().contains(":")
                  ? "[" + internet.getAddress().getHostAddress() + "]"
                  : internet.getAddress().getHostAddress())
              + ":"
              + internet.getPort();
      case SocketAddress other -> other.toString();
    };
  }

  public int port() {
    return server.port();
  }

  /** Ends everything at once. */
  @Override
  public void close() {
    server.close();
    connection.close();
    client.close();
  }
}
