package dev.coracle.proxy;

import dev.coracle.client.config.ApiConnection;
import dev.coracle.http.BodyStream;
import dev.coracle.http.ByteTunnel;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Sends a request on to the API server, and its answer back. */
final class Forwarder {

  private static final int AT_ONCE_BYTES = 64 * 1024;

  /** Fields that concern one connection only (RFC 9110, 7.6.1), and the host. */
  private static final Set<String> NOT_FORWARDED =
      Set.of(
          "connection",
          "content-length",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "expect");

  private final ApiConnection connection;
  private final String basePath;

  Forwarder(ApiConnection connection, boolean appendServerPath) {
    this.connection = connection;
    this.basePath = appendServerPath ? connection.basePath() : "";
  }

  void forward(HttpRequest request, HttpResponder responder, String rawPath) throws IOException {
    Thread self = Thread.currentThread();
    responder.onDisconnect(self::interrupt);
    ClientResponse response;
    try {
      response = connection.send(outgoing(request, rawPath), Duration.ZERO);
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      ProxyServer.text(responder, 500, String.valueOf(e.getMessage()));
      return;
    }
    try (response) {
      ByteTunnel upstream = response.tunnel();
      if (upstream == null) {
        answer(response, responder);
      } else {
        Headers fields = forwarded(response.headers());
        fields.add("Upgrade", response.headers().first("upgrade", ""));
        ByteTunnel.join(responder.upgradeToTunnel(fields), upstream);
      }
    }
  }

  private ClientRequest outgoing(HttpRequest request, String rawPath) {
    String target =
        basePath + rawPath + (request.rawQuery().isEmpty() ? "" : "?" + request.rawQuery());
    Headers fields = forwarded(request.headers());
    if (request.connection().remoteAddress() instanceof InetSocketAddress client) {
      String before = fields.first("x-forwarded-for");
      String address = client.getAddress().getHostAddress();
      fields.set("X-Forwarded-For", before == null ? address : before + ", " + address);
    }
    String upgrade = request.headers().first("upgrade");
    if (upgrade != null
        && !upgrade.equalsIgnoreCase("h2c")
        && request.headers().hasElement("connection", "upgrade")) {
      fields.add("Upgrade", upgrade);
    }
    String length = request.headers().first("content-length");
    if (length == null && !request.headers().contains("transfer-encoding")) {
      return ClientRequest.of(request.method(), target, fields);
    }
    long bytes = length == null ? -1 : Long.parseLong(length.trim());
    return new ClientRequest(
        request.method(), target, fields, bytes == 0 ? null : request.body(), bytes);
  }

  private static Headers forwarded(Headers all) {
    List<String> named = all.elements("connection");
    Set<String> dropped = NOT_FORWARDED;
    if (!named.isEmpty()) {
      dropped = new HashSet<>(NOT_FORWARDED);
      for (String name : named) {
        dropped.add(name.toLowerCase(Locale.ROOT));
      }
    }
    Set<String> drop = dropped;
    Headers fields = new Headers();
    all.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (!drop.contains(lower) && !lower.startsWith("access-control-allow-")) {
            fields.add(name, value);
          }
        });
    return fields;
  }

  private static void answer(ClientResponse response, HttpResponder responder) throws IOException {
    String length = response.headers().first("content-length");
    long bytes = length == null ? -1 : Long.parseLong(length.trim());
    Headers fields = forwarded(response.headers());
    if (bytes >= 0 && bytes <= AT_ONCE_BYTES) {
      responder.send(response.status(), fields, response.readBody(AT_ONCE_BYTES));
      return;
    }
    BodyStream body = responder.stream(response.status(), fields, bytes);
    try {
      for (byte[] part = response.readChunk(); part != null; part = response.readChunk()) {
        body.write(part);
      }
      body.close();
    } catch (IOException e) {
      body.abort();
      throw e;
    }
  }
}
