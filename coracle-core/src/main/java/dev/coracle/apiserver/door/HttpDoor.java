package dev.coracle.apiserver.door;

import dev.coracle.api.Json;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.apiserver.audit.AuditEvent;
import dev.coracle.apiserver.encoding.AuditedAnswer;
import dev.coracle.apiserver.encoding.Encoder;
import dev.coracle.apiserver.encoding.ListOutput;
import dev.coracle.apiserver.encoding.Negotiation;
import dev.coracle.apiserver.filter.Answered;
import dev.coracle.apiserver.filter.FilterChain;
import dev.coracle.apiserver.filter.Observation;
import dev.coracle.apiserver.flowcontrol.FlowTable;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Credentials;
import dev.coracle.apiserver.request.IncomingRequest;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.request.Query;
import dev.coracle.apiserver.request.RequestBody;
import dev.coracle.apiserver.request.RequestInfoResolver;
import dev.coracle.apiserver.request.Text;
import dev.coracle.apiserver.watch.WatchMetrics;
import dev.coracle.apiserver.watch.WatchWriter;
import dev.coracle.auth.AuthenticationRequest;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpHandler;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The door for requests over the wire: HTTP in, the filter chain, HTTP out. */
public final class HttpDoor implements HttpHandler {

  /** Answers up to this many bytes are sent as they are, as kube-apiserver does. */
  private static final int COMPRESSED_FROM = 128 * 1024;

  private static final int CHUNK = 128 * 1024;

  /** An answer of more parts is gathered into chunks. */
  private static final int MOST_PARTS = 16;

  private final FilterChain chain;
  private final Encoder encoder;
  private final WatchWriter watches;
  private final Deadlines deadlines;

  public HttpDoor(FilterChain chain, Encoder encoder, WatchMetrics metrics, Duration timeout) {
    this.deadlines = new Deadlines(timeout);
    this.chain = chain;
    this.encoder = encoder;
    this.watches = new WatchWriter(encoder, metrics);
  }

  /** Ends what would otherwise go on for long. */
  public void close() {
    watches.close();
    deadlines.close();
  }

  @Override
  public void handle(HttpRequest request, HttpResponder responder) throws Exception {
    String auditId = auditId(request.headers());
    Query query = Query.parse(request.rawQuery());
    String method = request.method();
    RequestInfo info = null;
    Supplier<RequestInfo> asked;
    try {
      RequestInfo resolved = RequestInfoResolver.resolve(method, request.rawPath(), query);
      info = resolved;
      asked = () -> resolved;
    } catch (StatusException broken) {
      asked =
          () -> {
            throw broken;
          };
    }
    Deadlines.Deadline deadline =
        deadlines.begin(info, query, () -> tellLate(auditId, query, request, responder));
    IncomingRequest incoming =
        new IncomingRequest(
            method,
            request.rawPath(),
            asked,
            query,
            request.headers(),
            new Credentials.Presented(presented(request)),
            new RequestBody.Wire(request),
            () ->
                request.rawQuery().isEmpty()
                    ? request.rawPath()
                    : request.rawPath() + "?" + request.rawQuery(),
            () -> auditId,
            request.connection().remoteAddress());
    Answered answered = chain.serve(incoming);
    Observation observation = answered.observation();
    if (!deadline.met()) {
      late(observation);
      return;
    }
    Headers headers = headers(auditId, answered.warnings());
    FlowTable.Flow flow = observation.flow();
    if (flow != null) {
      headers.add("X-Kubernetes-Pf-Flowschema-Uid", flow.schema());
      headers.add("X-Kubernetes-Pf-Prioritylevel-Uid", flow.level());
    }
    Sent sent = Sent.NOTHING;
    try {
      AuditEvent event = observation.event();
      if (event != null) {
        AuditedAnswer.record(event, answered.response(), encoder, query);
      }
      sent = answer(answered.response(), query, request, responder, headers, observation);
    } catch (StatusException refusal) {
      if (responder.committed()) {
        throw refusal;
      }
      AuditEvent event = observation.event();
      if (event != null) {
        event.failed(refusal.status());
      }
      sent = failure(refusal.status(), query, request, responder, headers, observation);
    } finally {
      observation.done(sent.code, sent.bytes);
    }
  }

  private static final Status LATE =
      StatusException.timeout("Timeout: request did not complete within the allotted timeout")
          .status();

  /** The request's time is up, and whoever serves it has not answered yet. */
  private void tellLate(String auditId, Query query, HttpRequest request, HttpResponder responder) {
    Negotiated format = Negotiation.lenient(request.headers(), query);
    Headers headers = headers(auditId, List.of());
    headers.set("Content-Type", format.contentType());
    responder.send(LATE.code(), headers, encoder.json(Json.write(StatusJson.write(LATE)), format));
  }

  /** What nobody waited for is over. */
  private static void late(Observation observation) {
    AuditEvent event = observation.event();
    if (event != null) {
      event.failed(LATE);
    }
    observation.done(LATE.code(), -1);
  }

  /**
   * How an answer went out.
   *
   * @param bytes of its body before compression; -1 when nobody counted
   */
  private record Sent(int code, long bytes) {
    static final Sent NOTHING = new Sent(200, -1);
  }

  private Sent answer(
      ApiResponse response,
      Query query,
      HttpRequest request,
      HttpResponder responder,
      Headers headers,
      Observation observation)
      throws Exception {
    return switch (response) {
      case ApiResponse.One one -> {
        headers.add("Content-Type", one.format().contentType());
        byte[][] body = encoder.object(one, query);
        yield send(one.code(), body, request, responder, headers, observation);
      }
      case ApiResponse.Many many -> {
        headers.add("Content-Type", many.format().contentType());
        yield list(many, query, request, responder, headers, observation);
      }
      case ApiResponse.Watch watch -> {
        watches.serve(watch, query, request, responder, headers, observation);
        yield new Sent(200, -1);
      }
      case ApiResponse.Document document -> {
        headers.add("Content-Type", document.format().contentType());
        document.headers().forEach(headers::add);
        yield send(
            document.code(),
            encoder.json(document.json(), document.format()),
            request,
            responder,
            headers,
            observation);
      }
      case ApiResponse.Bytes bytes -> {
        if (!bytes.contentType().isEmpty()) {
          headers.add("Content-Type", bytes.contentType());
          headers.add("X-Content-Type-Options", "nosniff");
        }
        bytes.headers().forEach(headers::set);
        byte[][] body = {bytes.body()};
        yield send(bytes.code(), body, request, responder, headers, observation);
      }
      case ApiResponse.Failure failure ->
          failure(failure.status(), query, request, responder, headers, observation);
      case ApiResponse.Takeover takeover -> {
        ObservedResponder observed = new ObservedResponder(responder, observation);
        takeover.handler().handle(request, observed);
        yield new Sent(observed.code(), -1);
      }
    };
  }

  private Sent failure(
      Status status,
      Query query,
      HttpRequest request,
      HttpResponder responder,
      Headers headers,
      Observation observation)
      throws IOException {
    Negotiated format = Negotiation.lenient(request.headers(), query);
    headers.set("Content-Type", format.contentType());
    if (status.details() != null && status.details().retryAfterSeconds() > 0) {
      headers.add("Retry-After", String.valueOf(status.details().retryAfterSeconds()));
    }
    return send(
        status.code(),
        encoder.json(Json.write(StatusJson.write(status)), format),
        request,
        responder,
        headers,
        observation);
  }

  private Sent list(
      ApiResponse.Many many,
      Query query,
      HttpRequest request,
      HttpResponder responder,
      Headers headers,
      Observation observation)
      throws IOException {
    ListOutput list = encoder.pieces(many, query);
    if (list == null) {
      return send(200, encoder.list(many, query), request, responder, headers, observation);
    }
    boolean compressed = accepts(request, "gzip");
    GatheredAnswer.Door door =
        new GatheredAnswer.Door() {
          @Override
          public void send(byte[] body) throws IOException {
            observation.started(200);
            responder.send(200, headers, new byte[][] {body});
          }

          @Override
          public BodyStream stream() throws IOException {
            if (compressed) {
              compressedHeaders(headers);
            }
            observation.started(200);
            return responder.stream(200, headers);
          }

          @Override
          public OutputStream through(ChunkedOutput chunks) throws IOException {
            return compressed ? gzip(chunks.asOutputStream()) : chunks.asOutputStream();
          }
        };
    return new Sent(200, new GatheredAnswer(door, CHUNK).send(list));
  }

  private static Sent send(
      int code,
      byte[][] body,
      HttpRequest request,
      HttpResponder responder,
      Headers headers,
      Observation observation)
      throws IOException {
    observation.started(code);
    long length = 0;
    for (byte[] part : body) {
      length += part.length;
    }
    if (length <= COMPRESSED_FROM
        || !accepts(request, "gzip")
        || headers.contains("content-encoding")) {
      if (body.length <= MOST_PARTS) {
        responder.send(code, headers, body);
        return new Sent(code, length);
      }
      try (BodyStream stream = responder.stream(code, headers)) {
        ChunkedOutput chunks = new ChunkedOutput(stream, (int) Math.min(length, CHUNK));
        for (byte[] part : body) {
          chunks.write(part, 0, part.length);
        }
        chunks.flush();
      }
      return new Sent(code, length);
    }
    compressedHeaders(headers);
    try (BodyStream stream = responder.stream(code, headers);
        OutputStream zip = gzip(new ChunkedOutput(stream, CHUNK).asOutputStream())) {
      for (byte[] part : body) {
        zip.write(part);
      }
    }
    return new Sent(code, length);
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
    return newAuditId();
  }

  /** A random UUID; it names a request and keeps no secret. */
  static String newAuditId() {
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
      if (offer.startsWith(Credentials.BEARER_PROTOCOL)) {
        try {
          return new String(
              Base64.getUrlDecoder().decode(offer.substring(Credentials.BEARER_PROTOCOL.length())),
              StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
          return null;
        }
      }
    }
    return null;
  }
}
