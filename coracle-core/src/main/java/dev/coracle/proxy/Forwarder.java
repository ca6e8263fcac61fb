package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Sends a request on to the API server, and its answer back. */
final class Forwarder {

  private static final int TUNNEL_STACK_BYTES = 256 * 1024;

  private final ApiServer server;
  private final String basePath;

  Forwarder(ApiServer server, boolean appendServerPath) {
    this.server = server;
    this.basePath = appendServerPath ? server.basePath() : "";
  }

  /** An answer's head. */
  private record Answer(int status, String line, Headers headers) {}

  void forward(ProxyRequest request, ClientConnection client, String rawPath) throws IOException {
    ApiServer.Identity identity = server.identity();
    String upgrade = upgrade(request);
    Upstream upstream = server.kept(identity);
    boolean fresh = upstream == null;
    Answer answer = null;
    boolean again = true;
    while (again) {
      again = false;
      try {
        if (upstream == null) {
          upstream = server.connect(identity);
        }
        answer = exchange(upstream, request, client, rawPath, upgrade);
      } catch (BadMessageException e) {
        throw e;
      } catch (IOException e) {
        client.waitFor(null);
        if (upstream != null) {
          upstream.abort();
        }
        // A kept connection may have ended just now; what only reads can be asked again.
        if (!fresh && request.length() == 0 && onlyReads(request) && client.isOpen()) {
          fresh = true;
          upstream = null;
          again = true;
          continue;
        }
        client.closeAfterwards();
        client.text(500, String.valueOf(e.getMessage()));
        return;
      }
    }
    if (upstream == null || answer == null) {
      throw new IllegalStateException("an exchange without an answer");
    }
    boolean ended = false;
    try {
      ended = answer(upstream, answer, request, client, upgrade != null);
    } catch (BadMessageException e) {
      // The API server's fault, not the client's.
      throw new IOException(e.getMessage(), e);
    } finally {
      client.waitFor(null);
      if (ended) {
        server.keep(upstream);
      } else {
        upstream.abort();
      }
    }
  }

  private static boolean onlyReads(ProxyRequest request) {
    return switch (request.method()) {
      case "GET", "HEAD", "OPTIONS" -> true;
      default -> false;
    };
  }

  private static @Nullable String upgrade(ProxyRequest request) {
    String upgrade = request.headers().first("upgrade");
    return upgrade != null
            && !upgrade.equalsIgnoreCase("h2c")
            && ProxyRequest.hasElement(request.headers(), "connection", "upgrade")
        ? upgrade
        : null;
  }

  private Answer exchange(
      Upstream upstream,
      ProxyRequest request,
      ClientConnection client,
      String rawPath,
      @Nullable String upgrade)
      throws IOException {
    HttpOutput output = upstream.output;
    sendHead(upstream, request, client, rawPath, upgrade);
    if (request.length() != 0) {
      if (ProxyRequest.hasElement(request.headers(), "expect", "100-continue")) {
        client.output.text("HTTP/1.1 100 Continue\r\n\r\n");
        client.output.flush();
      }
      output.relay(client.input, request.length(), request.length() == HttpOutput.CHUNKED);
    }
    output.flush();
    client.waitFor(upstream);
    try {
      return readAnswer(upstream);
    } catch (BadMessageException e) {
      throw new IOException("malformed HTTP response: " + e.getMessage(), e);
    }
  }

  private void sendHead(
      Upstream upstream,
      ProxyRequest request,
      ClientConnection client,
      String rawPath,
      @Nullable String upgrade)
      throws IOException {
    HttpOutput output = upstream.output;
    output.text(request.method()).text(" ").text(basePath).text(rawPath);
    if (!request.rawQuery().isEmpty()) {
      output.text("?").text(request.rawQuery());
    }
    output.text(" HTTP/1.1\r\n");
    output.field("Host", server.authority());
    Headers fields = forwarded(request.headers());
    String address = client.remoteHost();
    if (address != null) {
      String before = fields.first("x-forwarded-for");
      fields.set("X-Forwarded-For", before == null ? address : before + ", " + address);
    }
    output.fields(fields);
    String authorization = upstream.identity.authorization();
    ApiServer.Identity current = server.identity();
    authorization = current.authorization().isEmpty() ? authorization : current.authorization();
    if (!authorization.isEmpty() && !fields.contains("authorization")) {
      output.field("Authorization", authorization);
    }
    if (upgrade != null) {
      output.field("Connection", "Upgrade");
      output.field("Upgrade", upgrade);
    }
    if (request.length() == HttpOutput.CHUNKED) {
      output.field("Transfer-Encoding", "chunked");
    } else if (request.headers().contains("content-length")) {
      output.field("Content-Length", Long.toString(request.length()));
    }
    output.text("\r\n");
  }

  private static Answer readAnswer(Upstream upstream) throws IOException {
    while (true) {
      Headers headers = new Headers();
      String line = upstream.input.readHead(headers);
      if (line == null) {
        throw new IOException("EOF");
      }
      int status =
          line.startsWith("HTTP/1.") && line.length() >= 12 && line.charAt(8) == ' '
              ? number(line, 9)
              : 0;
      if (status < 100 || status > 999) {
        throw new IOException("malformed HTTP response");
      }
      if (status >= 200 || status == 101) {
        return new Answer(status, line, headers);
      }
    }
  }

  private static int number(String text, int from) {
    int value = 0;
    for (int i = from; i < from + 3; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return 0;
      }
      value = value * 10 + (text.charAt(i) - '0');
    }
    return value;
  }

  /**
   * @return whether the connection to the API server can be used again
   */
  private static boolean answer(
      Upstream upstream,
      Answer answer,
      ProxyRequest request,
      ClientConnection client,
      boolean asksToUpgrade)
      throws IOException {
    HttpOutput output = client.output;
    Headers headers = answer.headers;
    Headers fields = forwarded(headers);
    if (answer.status == 101) {
      if (!asksToUpgrade) {
        throw new IOException("101 without a request for it");
      }
      client.begin();
      output.text("HTTP/1.1").text(answer.line.substring(8)).text("\r\n");
      output.fields(fields);
      output.field("Connection", "Upgrade");
      output.field("Upgrade", headers.first("upgrade", ""));
      output.text("\r\n");
      output.flush();
      tunnel(upstream, client);
      return false;
    }
    boolean empty = request.method().equals("HEAD") || answer.status == 204 || answer.status == 304;
    boolean old = answer.line.startsWith("HTTP/1.0");
    long length = empty ? 0 : ProxyRequest.length(headers, HttpOutput.UNTIL_CLOSE, old);
    boolean chunked = length < 0 && !request.isOld();
    if (length < 0 && request.isOld()) {
      client.closeAfterwards();
    }
    client.begin();
    output.text("HTTP/1.1").text(answer.line.substring(8)).text("\r\n");
    output.fields(fields);
    String given = headers.first("content-length");
    if (length >= 0 && given != null && answer.status != 204) {
      output.field("Content-Length", given);
    } else if (chunked) {
      output.field("Transfer-Encoding", "chunked");
    }
    if (client.closes()) {
      output.field("Connection", "close");
    } else if (request.isOld()) {
      output.field("Connection", "keep-alive");
    }
    output.text("\r\n");
    output.relay(upstream.input, length, chunked);
    return length != HttpOutput.UNTIL_CLOSE
        && upstream.input.buffered() == 0
        && !old
        && !ProxyRequest.hasElement(headers, "connection", "close");
  }

  private static void tunnel(Upstream upstream, ClientConnection client) {
    client.waitFor(null);
    client.closeAfterwards();
    Thread back =
        new Thread(
            null,
            new Runnable() {
              @Override
              public void run() {
                pass(upstream, client, client.input, upstream.output);
              }
            },
            "proxy-tunnel",
            TUNNEL_STACK_BYTES);
    back.setDaemon(true);
    back.start();
    pass(upstream, client, upstream.input, client.output);
  }

  private static void pass(
      Upstream upstream, ClientConnection client, HttpInput from, HttpOutput to) {
    try {
      to.relay(from, HttpOutput.UNTIL_CLOSE, false);
    } catch (IOException e) {
      // One side's end is the other's end too.
      return;
    } finally {
      upstream.abort();
      client.close();
    }
  }

  /** All fields but those that concern one connection only (RFC 9110, 7.6.1), and the host. */
  private static Headers forwarded(Headers all) {
    List<String> named = List.of();
    for (int i = 0; i < all.size(); i++) {
      if (all.nameAt(i).equalsIgnoreCase("connection")) {
        named = named.isEmpty() ? new ArrayList<>() : named;
        for (String element : all.valueAt(i).split(",", -1)) {
          named.add(element.trim().toLowerCase(Locale.ROOT));
        }
      }
    }
    Headers fields = new Headers();
    for (int i = 0; i < all.size(); i++) {
      String lower = all.nameAt(i).toLowerCase(Locale.ROOT);
      if (!isOfOneConnection(lower)
          && !named.contains(lower)
          && !lower.startsWith("access-control-allow-")) {
        fields.add(all.nameAt(i), all.valueAt(i));
      }
    }
    return fields;
  }

  private static boolean isOfOneConnection(String lower) {
    return switch (lower) {
      case "connection",
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
          "expect" ->
          true;
      default -> false;
    };
  }
}
