package dev.coracle.apiserver.request;

import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpHandler;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import org.jspecify.annotations.Nullable;

/** What a request gives, before any encoding. */
public sealed interface ApiResponse {

  /**
   * An object.
   *
   * @param type of the resource it belongs to; null for answers such as a {@code Status}
   */
  record One(int code, KubeObject object, @Nullable ResourceType type, Negotiated format)
      implements ApiResponse {}

  /** A list of one resource. */
  record Many(ObjectList list, ResourceType type, Negotiated format) implements ApiResponse {}

  /** A watch that the door starts, with a sink of its own. */
  record Watch(ResourceType type, Negotiated format, WatchStarter starter) implements ApiResponse {}

  /** Begins to feed a sink; throws as {@link Registry#watch}. */
  interface WatchStarter {
    Registry.Watch start(Registry.WatchSink sink);
  }

  /** A JSON document that is no stored object, such as discovery; nobody changes the bytes. */
  record Document(int code, byte[] json, Negotiated format, Headers headers)
      implements ApiResponse {}

  /** Bytes with a content type of their own. */
  record Bytes(int code, String contentType, byte[] body, Headers headers) implements ApiResponse {}

  /** A refusal. */
  record Failure(Status status) implements ApiResponse {}

  /**
   * An answer that needs the connection itself: proxied servers, logs, upgrades.
   *
   * @param remote asks the other server when there is no connection; null when only a connection
   *     will do
   */
  record Takeover(HttpHandler handler, @Nullable Remote remote) implements ApiResponse {
    public Takeover(HttpHandler handler) {
      this(handler, null);
    }
  }

  /** Another server, which knows who asks. */
  interface Remote {
    /**
     * @throws StatusException 503 when it cannot be reached
     */
    ClientResponse send(ClientRequest request);
  }

  static Bytes text(int code, String text) {
    return new Bytes(
        code,
        "text/plain; charset=utf-8",
        text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        new Headers());
  }
}
