package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;

/**
 * How calls reach an API server: in the same process (through the same filter chain as any request,
 * as the component's own user, without sockets or re-encoding) or over HTTPS.
 */
public interface Transport {

  /** What a call gives back. */
  sealed interface Answer {
    record One(KubeObject object) implements Answer {}

    record Many(ObjectList list) implements Answer {}
  }

  /** Told of a watch's events in order, from one thread at a time. */
  interface WatchHandler {
    void event(WatchEvent event);

    /**
     * The watch is over; list and watch again. {@code cause} is a 410 when history is gone, else
     * any end.
     */
    void ended(StatusException cause);
  }

  /** A running watch; closing it is quiet: {@code ended} is not called. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * @throws StatusException as the server answered, or 503 when it could not be reached
   */
  Answer send(Call call);

  /**
   * @throws StatusException when the watch could not start
   */
  Watch watch(Call call, WatchHandler handler);

  /**
   * Reads a path that names no resource and answers with JSON, such as {@code /apis/apps/v1} for
   * discovery.
   *
   * @param path without a query
   * @throws StatusException as the server answered, or 503 when it could not be reached
   */
  default JsonNode read(String path) {
    return read(path, "application/json");
  }

  /**
   * As above.
   *
   * @param accept which JSON is wanted, as the header of that name says it
   */
  default JsonNode read(String path, String accept) {
    throw StatusException.serviceUnavailable("this transport cannot read " + path);
  }

  /** The same server, asked as another identity; only the in-memory transport can. */
  default Transport as(dev.coracle.api.UserInfo user) {
    throw new UnsupportedOperationException("this transport has one identity");
  }
}
