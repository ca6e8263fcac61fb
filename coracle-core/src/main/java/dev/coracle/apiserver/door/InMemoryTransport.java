package dev.coracle.apiserver.door;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WatchEvent;
import dev.coracle.apiserver.audit.AuditEvent;
import dev.coracle.apiserver.encoding.AuditedAnswer;
import dev.coracle.apiserver.encoding.Encoder;
import dev.coracle.apiserver.filter.Answered;
import dev.coracle.apiserver.filter.FilterChain;
import dev.coracle.apiserver.filter.Observation;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Credentials;
import dev.coracle.apiserver.request.IncomingRequest;
import dev.coracle.apiserver.request.Query;
import dev.coracle.apiserver.request.RequestBody;
import dev.coracle.apiserver.request.RequestInfoResolver;
import dev.coracle.apiserver.watch.WatchQueue;
import dev.coracle.client.Call;
import dev.coracle.client.Transport;
import dev.coracle.client.WireCalls;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.registry.Registry;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door for components of this process: the same filter chain as every request, with the
 * component's own identity, and objects as they are, without sockets and without encoding them
 * again.
 */
public final class InMemoryTransport implements Transport {

  private static final Logger LOG = LoggerFactory.getLogger(InMemoryTransport.class);

  private final FilterChain chain;
  private final Encoder encoder;
  private final UserInfo user;
  private final String program;
  private final Headers headers;

  /**
   * @param program what says so of itself: the default manager of the fields that it writes
   */
  public InMemoryTransport(FilterChain chain, Encoder encoder, UserInfo user, String program) {
    this.chain = chain;
    this.encoder = encoder;
    this.user = user;
    this.program = program;
    this.headers = Headers.of("User-Agent", program);
  }

  @Override
  public Transport as(UserInfo other) {
    return new InMemoryTransport(chain, encoder, other, program);
  }

  @Override
  public Answer send(Call call) {
    Answered answered = serve(call);
    ApiResponse.Remote remote = remote(answered);
    if (remote != null) {
      return ask(
          answered,
          remote,
          WireCalls.request(call, "", headers.copy()),
          response -> WireCalls.answer(call, response));
    }
    return switch (complete(answered)) {
      case ApiResponse.One one -> new Answer.One(one.object());
      case ApiResponse.Many many -> new Answer.Many(many.list());
      case ApiResponse.Failure failure -> throw new StatusException(failure.status());
      case ApiResponse.Watch watch -> throw StatusException.badRequest("a watch needs a handler");
      case ApiResponse.Document document ->
          throw StatusException.badRequest("a document is no resource");
      case ApiResponse.Bytes bytes -> throw WireCalls.failure(call, bytes.code(), bytes.body());
      case ApiResponse.Takeover takeover -> throw needsConnection();
    };
  }

  @Override
  public JsonNode read(String path, String accept) {
    Headers asked = headers.copy().set("Accept", accept);
    Answered answered =
        serve(
            "GET",
            path,
            () -> RequestInfo.nonResource(path, "get"),
            Query.EMPTY,
            RequestBody.NONE,
            asked);
    ApiResponse.Remote remote = remote(answered);
    if (remote != null) {
      return ask(answered, remote, ClientRequest.of("GET", path, asked), WireCalls::document);
    }
    return switch (complete(answered)) {
      case ApiResponse.Document document -> Json.read(document.json());
      case ApiResponse.One one -> one.object().tree();
      case ApiResponse.Failure failure -> throw new StatusException(failure.status());
      case ApiResponse.Bytes bytes -> throw failure(bytes);
      case ApiResponse.Many many -> throw StatusException.badRequest(path + " is a list");
      case ApiResponse.Watch watch -> throw StatusException.badRequest(path + " is a watch");
      case ApiResponse.Takeover takeover -> throw needsConnection();
    };
  }

  private static StatusException needsConnection() {
    return StatusException.badRequest("this needs a connection of its own");
  }

  /** Who else answers; null when the answer is here. */
  private static ApiResponse.@Nullable Remote remote(Answered answered) {
    return answered.response() instanceof ApiResponse.Takeover takeover ? takeover.remote() : null;
  }

  private interface Reading<T> {
    T read(ClientResponse response) throws IOException;
  }

  private static <T> T ask(
      Answered answered, ApiResponse.Remote remote, ClientRequest request, Reading<T> reading) {
    int code = 503;
    try (ClientResponse response = remote.send(request)) {
      code = response.status();
      answered.observation().started(code);
      return reading.read(response);
    } catch (IOException e) {
      throw broken(e);
    } finally {
      answered.observation().done(code, -1);
    }
  }

  private static StatusException broken(IOException e) {
    return StatusException.serviceUnavailable("error trying to reach service: " + e.getMessage());
  }

  /** The observation of a watch at another server ends when it has begun. */
  private Watch watch(
      Call call, Answered answered, ApiResponse.Remote remote, WatchHandler handler) {
    int code = 503;
    try {
      ClientResponse response = remote.send(WireCalls.request(call, "", headers.copy()));
      code = response.status();
      return WireCalls.watch(call, response, handler);
    } catch (IOException e) {
      throw broken(e);
    } finally {
      answered.observation().started(code);
      answered.observation().done(code, -1);
    }
  }

  @Override
  public Watch watch(Call call, WatchHandler handler) {
    Answered answered = serve(call);
    ApiResponse.Remote remote = remote(answered);
    if (remote != null) {
      return watch(call, answered, remote, handler);
    }
    Observation observation = answered.observation();
    if (!(answered.response() instanceof ApiResponse.Watch watch)) {
      if (complete(answered) instanceof ApiResponse.Failure failure) {
        throw new StatusException(failure.status());
      }
      throw StatusException.badRequest(call.verb() + " is no watch");
    }
    WatchQueue queue = new WatchQueue();
    Registry.Watch running;
    try {
      running = watch.starter().start(queue);
      queue.begun();
    } catch (StatusException refusal) {
      observation.done(refusal.code(), -1);
      throw refusal;
    }
    observation.started(200);
    AtomicBoolean closed = new AtomicBoolean();
    Thread.ofVirtual()
        .name("watch " + call.resource().qualified())
        .start(
            () -> {
              try {
                deliver(queue, running, handler, closed);
              } finally {
                observation.done(200, -1);
              }
            });
    return () -> {
      closed.set(true);
      queue.cancel();
      running.close();
    };
  }

  private static void deliver(
      WatchQueue queue, Registry.Watch running, WatchHandler handler, AtomicBoolean closed) {
    StatusException cause = StatusException.serviceUnavailable("the watch has ended");
    try (Registry.Watch closing = running) {
      for (Queue<WatchEvent> batch = queue.take(); batch != null; batch = queue.take()) {
        for (WatchEvent event : batch) {
          if (closed.get()) {
            return;
          }
          if (event.type() == WatchEvent.Type.ERROR) {
            cause = new StatusException(StatusJson.read(event.object().tree(), 500));
            queue.cancel();
            break;
          }
          handler.event(event);
        }
      }
      if (queue.overrun()) {
        cause = StatusException.serviceUnavailable("the watch fell behind and was ended");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("a watch handler failed", e);
      cause = StatusException.internal("the watch handler failed: " + e.getMessage());
    }
    if (!closed.get()) {
      handler.ended(cause);
    }
  }

  private Answered serve(Call call) {
    boolean collection = call.verb().equals("list") || call.verb().equals("watch");
    String name =
        collection && call.name().isEmpty()
            ? RequestInfoResolver.nameSelected(call.query().getOrDefault("fieldSelector", ""))
            : call.name();
    RequestInfo info =
        new RequestInfo(
            true,
            path(call),
            call.verb(),
            call.resource().group(),
            call.resource().version(),
            call.namespace(),
            call.resource().resource(),
            call.subresource(),
            name,
            "");
    Query query = Query.of(call.query());
    return serve(
        WireCalls.method(call),
        info.path(),
        () -> info,
        query,
        call.body() == null ? RequestBody.NONE : new RequestBody.Tree(call.body()),
        headers.copy().add("Content-Type", call.contentType()));
  }

  private Answered serve(
      String method,
      String path,
      java.util.function.Supplier<RequestInfo> info,
      Query query,
      RequestBody body,
      Headers sent) {
    Answered answered =
        chain.serve(
            new IncomingRequest(
                method,
                path,
                info,
                query,
                sent,
                new Credentials.Known(user),
                body,
                () -> query == Query.EMPTY ? path : path + "?" + query,
                HttpDoor::newAuditId,
                null));
    AuditEvent event = answered.observation().event();
    if (event != null) {
      AuditedAnswer.record(event, answered.response(), encoder, query);
    }
    return answered;
  }

  /** The answer to a request that is over with it. */
  private static ApiResponse complete(Answered answered) {
    int code =
        switch (answered.response()) {
          case ApiResponse.One one -> one.code();
          case ApiResponse.Failure failure -> failure.status().code();
          case ApiResponse.Document document -> document.code();
          case ApiResponse.Bytes bytes -> bytes.code();
          case ApiResponse.Many _, ApiResponse.Watch _, ApiResponse.Takeover _ -> 200;
        };
    answered.observation().started(code);
    answered.observation().done(code, -1);
    return answered.response();
  }

  /** A text answer, such as the one for paths that do not exist, as an error. */
  private static StatusException failure(ApiResponse.Bytes bytes) {
    return bytes.code() == 404
        ? StatusException.noSuchPath()
        : StatusException.badRequest("the answer is not an object");
  }

  private static String path(Call call) {
    StringBuilder path = new StringBuilder(64);
    path.append(call.resource().group().isEmpty() ? "/api/" : "/apis/")
        .append(call.resource().apiVersion());
    if (!call.namespace().isEmpty()) {
      path.append("/namespaces/").append(call.namespace());
    }
    path.append('/').append(call.resource().resource());
    if (!call.name().isEmpty()) {
      path.append('/').append(call.name());
    }
    if (!call.subresource().isEmpty()) {
      path.append('/').append(call.subresource());
    }
    return path.toString();
  }
}
