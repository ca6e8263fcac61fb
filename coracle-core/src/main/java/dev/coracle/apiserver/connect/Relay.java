package dev.coracle.apiserver.connect;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.request.Credentials;
import dev.coracle.http.BodyStream;
import dev.coracle.http.ByteTunnel;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpOrigins;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Passes a request on to another server and its answer back, whatever it is: streams, and
 * connections that are upgraded (WebSocket, SPDY/3.1), which become a tunnel. The client's
 * credentials stay here.
 */
public final class Relay {

  private static final Set<String> OWN =
      Set.of(
          "authorization",
          "connection",
          "content-length",
          "expect",
          "host",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /** What the proxied would let other sites' scripts do with this server. */
  private static final Set<String> OTHER_SITES =
      Set.of(
          "access-control-allow-credentials",
          "access-control-allow-headers",
          "access-control-allow-methods",
          "access-control-allow-origin");

  private final HttpOrigins origins;

  public Relay(HttpOrigins origins) {
    this.origins = origins;
  }

  /**
   * @param path raw path and query at the target
   * @param prefix where the target's root is in this server's paths, for redirects; null to leave
   *     redirects as they are
   * @throws StatusException 503 when the target cannot be reached
   */
  void pass(
      HttpRequest request,
      HttpResponder responder,
      Target target,
      String path,
      @Nullable String prefix)
      throws IOException {
    pass(request, responder, target, path, prefix, headers -> {});
  }

  /**
   * As above.
   *
   * @param identity adds who the request is from to its headers
   */
  public void pass(
      HttpRequest request,
      HttpResponder responder,
      Target target,
      String path,
      @Nullable String prefix,
      Consumer<Headers> identity)
      throws IOException {
    Headers headers = requestHeaders(request, prefix);
    identity.accept(headers);
    ClientRequest passed =
        new ClientRequest(request.method(), path, headers, body(request), length(request));
    try (ClientResponse response = send(target, passed)) {
      responder.onDisconnect(response::close);
      Headers answer = responseHeaders(response, target, prefix);
      ByteTunnel tunnel = response.tunnel();
      if (tunnel != null) {
        String upgrade = response.headers().first("upgrade");
        if (upgrade != null) {
          answer.set("Upgrade", upgrade);
        }
        ByteTunnel.join(responder.upgradeToTunnel(answer), tunnel);
        return;
      }
      if (prefix != null && isPage(response)) {
        page(request, responder, response, answer, target, prefix);
        return;
      }
      answer(request, responder, response, answer);
    }
  }

  /** Whether it may have links that lead past the proxy; a redirect's own does not. */
  private static boolean isPage(ClientResponse response) {
    String type = response.headers().first("content-type", "");
    int end = type.indexOf(';');
    return (end < 0 ? type : type.substring(0, end)).strip().equals("text/html")
        && !response.headers().contains("location")
        && switch (response.headers().first("content-encoding", "")) {
          case "", "gzip", "deflate" -> true;
          default -> false;
        };
  }

  private static void page(
      HttpRequest request,
      HttpResponder responder,
      ClientResponse response,
      Headers headers,
      Target target,
      String prefix)
      throws IOException {
    int status = response.status();
    if (request.method().equals("HEAD") || status == 204 || status == 304) {
      responder.send(status, headers);
      return;
    }
    String encoding = response.headers().first("content-encoding", "");
    try (InputStream in = decoded(response.body(), encoding);
        OutputStream body = responder.stream(status, headers).asOutputStream();
        OutputStream out = encoded(body, encoding)) {
      HtmlLinks.copy(in, out, link -> relocated(link, target, prefix));
    }
  }

  /** What HTTP calls deflate has no header of zlib's here, as in a kube-apiserver. */
  private static InputStream decoded(InputStream in, String encoding) throws IOException {
    return switch (encoding) {
      case "gzip" -> new GZIPInputStream(in);
      case "deflate" -> new InflaterInputStream(in, new Inflater(true));
      default -> in;
    };
  }

  private static OutputStream encoded(OutputStream out, String encoding) throws IOException {
    return switch (encoding) {
      case "gzip" -> new GZIPOutputStream(out, 8192, true);
      case "deflate" ->
          new DeflaterOutputStream(
              out, new Deflater(Deflater.DEFAULT_COMPRESSION, true), 8192, true);
      default -> out;
    };
  }

  /** Sends a request of this server's own making. */
  ClientResponse send(Target target, ClientRequest request) {
    try {
      return origins.origin(target.host(), target.port(), target.tls()).send(request);
    } catch (IOException e) {
      throw StatusException.serviceUnavailable("error trying to reach service: " + why(e, target));
    }
  }

  private static String why(IOException failure, Target target) {
    String text = String.valueOf(failure.getMessage());
    String dial = "dial tcp " + target.host() + ":" + target.port() + ": ";
    return switch (failure) {
      case NoRouteToHostException e -> dial + "connect: no route to host";
      case ConnectException e when text.contains("timed out") -> dial + "i/o timeout";
      case ConnectException e -> dial + "connect: connection refused";
      case UnknownHostException e -> "dial tcp: lookup " + target.host() + ": no such host";
      default -> text;
    };
  }

  static void answer(
      HttpRequest request, HttpResponder responder, ClientResponse response, Headers headers)
      throws IOException {
    int status = response.status();
    if (request.method().equals("HEAD") || status == 204 || status == 304) {
      responder.send(status, headers);
      return;
    }
    try (BodyStream body = begin(responder, response, headers)) {
      for (byte[] chunk = response.readChunk(); chunk != null; chunk = response.readChunk()) {
        body.write(chunk);
      }
    }
  }

  private static BodyStream begin(HttpResponder responder, ClientResponse response, Headers headers)
      throws IOException {
    String length = response.headers().first("content-length");
    return length != null && length.matches("[0-9]{1,18}")
        ? responder.stream(response.status(), headers, Long.parseLong(length))
        : responder.stream(response.status(), headers);
  }

  private static long length(HttpRequest request) {
    String length = request.headers().first("content-length");
    if (length != null && length.matches("[0-9]{1,18}")) {
      return Long.parseLong(length);
    }
    return body(request) == null ? 0 : -1;
  }

  private static @Nullable InputStream body(HttpRequest request) {
    String length = request.headers().first("content-length");
    boolean without =
        request.headers().contains("upgrade")
            || "0".equals(length)
            || (length == null
                && !request.headers().contains("transfer-encoding")
                && switch (request.method()) {
                  case "GET", "HEAD", "OPTIONS", "DELETE" -> true;
                  default -> !request.protocol().startsWith("HTTP/2");
                });
    return without ? null : request.body();
  }

  private static Headers requestHeaders(HttpRequest request, @Nullable String prefix) {
    Set<String> hops = hops(request.headers());
    Headers headers = new Headers();
    request
        .headers()
        .forEach(
            (name, value) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              if (!hops.contains(lower)
                  && !lower.startsWith("impersonate-")
                  && !lower.startsWith("x-remote-")) {
                if (lower.equals("sec-websocket-protocol")) {
                  withoutTokens(value, headers);
                } else {
                  headers.add(name, value);
                }
              }
            });
    String upgrade = request.headers().first("upgrade");
    if (upgrade != null && request.headers().hasElement("connection", "upgrade")) {
      headers.add("Upgrade", upgrade);
    }
    if (request.connection().remoteAddress() instanceof InetSocketAddress from
        && from.getAddress() != null) {
      String before = request.headers().first("x-forwarded-for");
      String address = from.getAddress().getHostAddress();
      headers.set("X-Forwarded-For", before == null ? address : before + ", " + address);
    }
    if (prefix != null) {
      headers.set("X-Forwarded-Uri", request.rawPath());
      headers.set("X-Forwarded-Host", request.authority());
      headers.set("X-Forwarded-Proto", request.scheme());
    }
    return headers;
  }

  /** A bearer token may hide among the WebSocket protocols. */
  private static void withoutTokens(String protocols, Headers headers) {
    List<String> kept =
        java.util.Arrays.stream(protocols.split(",", -1))
            .map(String::strip)
            .filter(protocol -> !protocol.startsWith(Credentials.BEARER_PROTOCOL))
            .toList();
    if (!kept.isEmpty()) {
      headers.add("Sec-WebSocket-Protocol", String.join(", ", kept));
    }
  }

  private static Headers responseHeaders(
      ClientResponse response, Target target, @Nullable String prefix) {
    Set<String> hops = hops(response.headers());
    Headers headers = new Headers();
    response
        .headers()
        .forEach(
            (name, value) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              if (hops.contains(lower) || prefix != null && OTHER_SITES.contains(lower)) {
                return;
              }
              headers.add(
                  name,
                  lower.equals("location") && prefix != null
                      ? relocated(value, target, prefix)
                      : value);
            });
    return headers;
  }

  private static Set<String> hops(Headers headers) {
    Set<String> hops = new HashSet<>(OWN);
    headers.elements("connection").forEach(element -> hops.add(element.toLowerCase(Locale.ROOT)));
    return hops;
  }

  /**
   * A redirect within the target, seen from here: other hosts and relative paths stay as they are.
   */
  static String relocated(String location, Target target, String prefix) {
    URI uri;
    try {
      uri = new URI(location);
    } catch (URISyntaxException e) {
      return location;
    }
    String authority = uri.getRawAuthority();
    String path = uri.getRawPath();
    boolean elsewhere =
        authority != null
            && !authority.equals(target.authority())
            && !authority.equals(target.host());
    if (elsewhere || path == null || !path.startsWith("/") || path.startsWith(prefix)) {
      return location;
    }
    return prefix
        + path
        + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
        + (uri.getRawFragment() == null ? "" : "#" + uri.getRawFragment());
  }
}
