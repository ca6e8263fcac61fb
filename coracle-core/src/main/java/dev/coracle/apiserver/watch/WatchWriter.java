package dev.coracle.apiserver.watch;

import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.apiserver.encoding.Encoder;
import dev.coracle.apiserver.encoding.ProtobufWriter;
import dev.coracle.apiserver.filter.Observation;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Credentials;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.request.Query;
import dev.coracle.http.BodyStream;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.WebSocketSession;
import dev.coracle.registry.Registry;
import java.io.IOException;
import java.util.Arrays;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes a watch to an HTTP peer: a stream of JSON lines or protobuf frames, or a WebSocket message
 * for each event (text for JSON, binary for protobuf). Runs on the request's own virtual thread;
 * what has gathered while the peer was slow goes out in large writes, but not in one: what a peer
 * that does not read costs is what has been written for it.
 */
public final class WatchWriter {

  private static final int MOST_LINES = 64;
  private static final int MOST_BYTES = 32 * 1024;

  private final Encoder encoder;
  private final WatchMetrics metrics;
  private final Set<WatchQueue> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  public WatchWriter(Encoder encoder, WatchMetrics metrics) {
    this.encoder = encoder;
    this.metrics = metrics;
  }

  /** Where lines go. */
  private interface Out {
    void write(byte[][] lines) throws IOException;
  }

  /** Ends all watches properly, after what they have; new ones end at once. */
  public void close() {
    closed = true;
    running.forEach(WatchQueue::ended);
  }

  /**
   * @throws StatusException when the watch cannot start
   */
  public void serve(
      ApiResponse.Watch watch,
      Query query,
      HttpRequest request,
      HttpResponder responder,
      Headers headers,
      Observation observation)
      throws IOException, InterruptedException {
    WatchQueue queue = new WatchQueue();
    Registry.Watch source;
    try {
      source = watch.starter().start(queue);
      queue.begun();
    } catch (StatusException refusal) {
      if (refusal.code() != 410 && refusal.code() != 504) {
        throw refusal;
      }
      // a watch that comes too late or too early is told so by an event, as the documentation
      // promises
      queue.offer(WatchEvent.error(refusal.status()));
      queue.ended();
      source = () -> {};
    }
    running.add(queue);
    if (closed) {
      queue.ended();
    }
    try (Registry.Watch closing = source) {
      responder.onDisconnect(queue::cancel);
      if (request.isUpgradeTo("websocket")) {
        observation.started(101);
        try (WebSocketSession session = responder.upgradeToWebSocket(subprotocol(request))) {
          session.onClose(queue::cancel);
          boolean text = watch.format().encoding() != Negotiated.Encoding.PROTOBUF;
          copy(watch, query, queue, lines -> messages(session, text, lines));
        }
      } else {
        observation.started(200);
        headers.add("Content-Type", watch.format().contentType());
        try (BodyStream body = responder.stream(200, headers)) {
          body.keepShort();
          copy(watch, query, queue, body::write);
        }
      }
    } finally {
      running.remove(queue);
      queue.cancel();
    }
  }

  private void copy(ApiResponse.Watch watch, Query query, WatchQueue queue, Out out)
      throws IOException, InterruptedException {
    boolean first = true;
    WatchMetrics.Cells cells = metrics.of(watch.type());
    for (Queue<WatchEvent> batch = queue.take(); batch != null; batch = queue.take()) {
      while (!batch.isEmpty()) {
        byte[][] lines = new byte[Math.min(batch.size(), MOST_LINES)][];
        int count = 0;
        long size = 0;
        while (count < lines.length && size < MOST_BYTES) {
          byte[] line = encoder.event(batch.remove(), watch, query, first);
          first = false;
          cells.sent(line.length);
          size += line.length;
          lines[count++] = line;
        }
        out.write(count == lines.length ? lines : Arrays.copyOf(lines, count));
      }
    }
  }

  /** A message for each event, without what tells events apart in a stream. */
  private static void messages(WebSocketSession session, boolean text, byte[][] lines)
      throws IOException {
    for (byte[] line : lines) {
      if (text) {
        session.sendText(Arrays.copyOf(line, line.length - 1));
      } else {
        session.sendBinary(Arrays.copyOfRange(line, ProtobufWriter.FRAME_HEAD, line.length));
      }
    }
  }

  /** The first protocol offered that is not a hidden bearer token. */
  private static String subprotocol(HttpRequest request) {
    return request.headers().elements("sec-websocket-protocol").stream()
        .filter(offer -> !offer.startsWith(Credentials.BEARER_PROTOCOL))
        .findFirst()
        .orElse("");
  }
}
