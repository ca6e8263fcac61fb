package dev.coracle.apiserver;

import dev.coracle.api.Json;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.auth.AuthenticationRequest;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpHandler;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The door for requests over the wire: HTTP in, the filter chain, HTTP out. */
final class HttpDoor implements HttpHandler {

  static final String BEARER_PROTOCOL = "base64url.bearer.authorization.k8s.io.";

  /** Answers up to this many bytes are sent as they are, as kube-apiserver does. */
  private static final int COMPRESSED_FROM = 128 * 1024;

  private static final int CHUNK = 128 * 1024;

  /** An answer of more parts is gathered into chunks. */
  private static final int MOST_PARTS = 16;

  private final FilterChain chain;
  private final Encoder encoder;
  private final WatchWriter watches;
  private final Audit audit;
  private final Requests requests;

  HttpDoor(FilterChain chain, Encoder encoder, Audit audit, Requests requests) {
    this.chain = chain;
    this.encoder = encoder;
    this.watches = new WatchWriter(encoder);
    this.audit = audit;
    this.requests = requests;
  }

  /** Ends what would otherwise go on for long. */
  void close() {
    watches.close();
  }

  @Override
  public void handle(HttpRequest request, HttpResponder responder) throws Exception {
    String auditId = auditId(request.headers());
    Query query = Query.parse(request.rawQuery());
    String method = request.method();
    IncomingRequest incoming =
        new IncomingRequest(
            method,
            request.rawPath(),
            () -> RequestInfoResolver.resolve(method, request.rawPath(), query),
            query,
            request.headers(),
            new Credentials.Presented(presented(request)),
            new RequestBody.Wire(request),
            auditId,
            request.connection().remoteAddress().toString());
    Answered answered = chain.serve(incoming);
    Headers headers = headers(auditId, answered.warnings());
    try {
      int code = answer(answered, query, request, responder, headers);
      requests.count(answered.info(), code);
      audit.answered(auditId, code);
    } catch (StatusException refusal) {
      if (responder.committed()) {
        throw refusal;
      }
      failure(refusal.status(), query, request, responder, headers);
      requests.count(answered.info(), refusal.code());
      audit.answered(auditId, refusal.code());
    }
  }

  private int answer(
      Answered answered, Query query, HttpRequest request, HttpResponder responder, Headers headers)
      throws Exception {
    return switch (answered.response()) {
      case ApiResponse.One one -> {
        headers.add("Content-Type", one.format().contentType());
        send(one.code(), encoder.object(one, query), request, responder, headers);
        yield one.code();
      }
      case ApiResponse.Many many -> {
        headers.add("Content-Type", many.format().contentType());
        list(many, query, request, responder, headers);
        yield 200;
      }
      case ApiResponse.Watch watch -> {
        watches.serve(watch, query, request, responder, headers);
        yield 200;
      }
      case ApiResponse.Document document -> {
        headers.add("Content-Type", document.format().contentType());
        document.headers().forEach(headers::add);
        send(
            document.code(),
            encoder.json(document.json(), document.format()),
            request,
            responder,
            headers);
        yield document.code();
      }
      case ApiResponse.Bytes bytes -> {
        if (!bytes.contentType().isEmpty()) {
          headers.add("Content-Type", bytes.contentType());
          headers.add("X-Content-Type-Options", "nosniff");
        }
        bytes.headers().forEach(headers::set);
        send(bytes.code(), new byte[][] {bytes.body()}, request, responder, headers);
        yield bytes.code();
      }
      case ApiResponse.Failure failure -> {
        failure(failure.status(), query, request, responder, headers);
        yield failure.status().code();
      }
      case ApiResponse.Takeover takeover -> {
        takeover.handler().handle(request, responder);
        yield 200;
      }
    };
  }

  private void failure(
      Status status, Query query, HttpRequest request, HttpResponder responder, Headers headers)
      throws IOException {
    Negotiated format = Negotiation.lenient(request.headers(), query);
    headers.set("Content-Type", format.contentType());
    if (status.details() != null && status.details().retryAfterSeconds() > 0) {
      headers.add("Retry-After", String.valueOf(status.details().retryAfterSeconds()));
    }
    send(
        status.code(),
        encoder.json(Json.write(StatusJson.write(status)), format),
        request,
        responder,
        headers);
  }

  private void list(
      ApiResponse.Many many,
      Query query,
      HttpRequest request,
      HttpResponder responder,
      Headers headers)
      throws IOException {
    Negotiated format = many.format();
    boolean concatenated =
        format.encoding() == Negotiated.Encoding.JSON
            && !format.pretty()
            && format.view() != Negotiated.View.TABLE;
    if (!concatenated) {
      send(200, encoder.list(many, query), request, responder, headers);
      return;
    }
    ListBytes list =
        format.view() == Negotiated.View.PARTIAL
            ? ListBytes.partial(many.list())
            : ListBytes.whole(many.list(), many.type());
    if (list.size() <= CHUNK) {
      send(200, new byte[][] {list.toBytes()}, request, responder, headers);
      return;
    }
    boolean compressed = accepts(request, "gzip");
    if (compressed) {
      compressedHeaders(headers);
    }
    try (BodyStream body = responder.stream(200, headers)) {
      if (!compressed) {
        ChunkedOutput chunks = new ChunkedOutput(body, CHUNK);
        list.writeTo(chunks::write);
        chunks.flush();
        return;
      }
      try (OutputStream zip = gzip(new ChunkedOutput(body, CHUNK).asOutputStream())) {
        list.writeTo(zip::write);
      }
    }
  }

  private static void send(
      int code, byte[][] body, HttpRequest request, HttpResponder responder, Headers headers)
      throws IOException {
    long length = 0;
    for (byte[] part : body) {
      length += part.length;
    }
    if (length <= COMPRESSED_FROM
        || !accepts(request, "gzip")
        || headers.contains("content-encoding")) {
      if (body.length <= MOST_PARTS) {
        responder.send(code, headers, body);
        return;
      }
      try (BodyStream stream = responder.stream(code, headers)) {
        ChunkedOutput chunks = new ChunkedOutput(stream, (int) Math.min(length, CHUNK));
        for (byte[] part : body) {
          chunks.write(part, 0, part.length);
        }
        chunks.flush();
      }
      return;
    }
    compressedHeaders(headers);
    try (BodyStream stream = responder.stream(code, headers);
        OutputStream zip = gzip(new ChunkedOutput(stream, CHUNK).asOutputStream())) {
      for (byte[] part : body) {
        zip.write(part);
      }
    }
  }

  private static void compressedHeaders(Headers headers) {
    headers.add("Content-Encoding", "gzip");
    headers.add("Vary", "Accept-Encoding");
  }

  private static OutputStream gzip(OutputStream out) throws IOException {
    return new GZIPOutputStream(out, 16 * 1024) {
      {
        def.setLevel(Deflater.BEST_SPEED);
      }
    };
  }

  private static boolean accepts(HttpRequest request, String encoding) {
    return request.headers().elements("accept-encoding").stream()
        .anyMatch(element -> element.toLowerCase(Locale.ROOT).startsWith(encoding));
  }

  private static Headers headers(String auditId, List<String> warnings) {
    Headers headers = new Headers();
    headers.add("Audit-Id", auditId);
    headers.add("Cache-Control", "no-cache, private");
    for (String warning : warnings) {
      headers.add("Warning", "299 - " + Text.quote(warning));
    }
    return headers;
  }

  private static String auditId(Headers headers) {
    String given = headers.first("audit-id");
    if (given != null && !given.isEmpty() && given.length() <= 64) {
      return given;
    }
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = (random.nextLong() & ~0xf000L) | 0x4000L;
    long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new UUID(high, low).toString();
  }

  private static AuthenticationRequest presented(HttpRequest request) {
    Map<String, List<String>> headers = new HashMap<>();
    request
        .headers()
        .forEach(
            (name, value) ->
                headers
                    .computeIfAbsent(name.toLowerCase(Locale.ROOT), any -> new ArrayList<>(1))
                    .add(value));
    return new AuthenticationRequest(
        headers, request.connection().peerCertificates(), webSocketToken(request));
  }

  private static @Nullable String webSocketToken(HttpRequest request) {
    for (String offer : request.headers().elements("sec-websocket-protocol")) {
      if (offer.startsWith(BEARER_PROTOCOL)) {
        try {
          return new String(
              Base64.getUrlDecoder().decode(offer.substring(BEARER_PROTOCOL.length())),
              StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
          return null;
        }
      }
    }
    return null;
  }
}
