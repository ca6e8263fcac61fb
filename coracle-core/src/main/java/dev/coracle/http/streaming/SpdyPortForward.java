package dev.coracle.http.streaming;

import dev.coracle.http.Headers;
import dev.coracle.http.SpdySession;
import dev.coracle.http.SpdyStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/** Pairs of SPDY streams, one of data and one of errors, each pair a forwarded connection. */
final class SpdyPortForward {

  private static final Duration PAIR_WITHIN = Duration.ofSeconds(30);

  /** A stream that waits for the other one of its pair. */
  private record Half(SpdyStream stream, boolean error, long since) {}

  private final SpdySession session;
  private final PortForwardServer.Connector connector;
  private final ForwardedConnection.Targets targets = new ForwardedConnection.Targets();
  private final Map<String, Half> halves = new HashMap<>();

  SpdyPortForward(SpdySession session, PortForwardServer.Connector connector) {
    this.session = session;
    this.connector = connector;
  }

  void run() throws IOException {
    session.onClose(targets::closeAll);
    try (session) {
      while (session.isOpen()) {
        SpdyStream stream = session.accept(PAIR_WITHIN);
        if (stream != null) {
          accept(stream);
        }
        dropLonely();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void accept(SpdyStream stream) throws IOException {
    String type = stream.headers().first("streamtype", "");
    int port = port(stream);
    boolean error = type.equals("error");
    if (port < 0 || !error && !type.equals("data")) {
      stream.reset();
      return;
    }
    stream.reply(new Headers());
    String request = stream.headers().first("requestid");
    String id = request == null ? String.valueOf(error ? stream.id() : stream.id() - 2) : request;
    Half other = halves.get(id);
    if (other == null) {
      halves.put(id, new Half(stream, error, System.nanoTime()));
      return;
    }
    if (other.error() == error) {
      stream.reset();
      return;
    }
    halves.remove(id);
    SpdyStream data = error ? other.stream() : stream;
    SpdyStream errors = error ? stream : other.stream();
    Thread.ofVirtual().name("port-forward").start(() -> forward(port, data, errors));
  }

  private void forward(int port, SpdyStream data, SpdyStream errors) {
    ForwardedConnection.forward(
        targets, port, connector, data.input(), data.output(), errors.output());
    data.close();
    errors.close();
  }

  private static int port(SpdyStream stream) {
    try {
      int port = Integer.parseInt(stream.headers().first("port", ""));
      return port < 1 || port > 65535 ? -1 : port;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private void dropLonely() {
    long now = System.nanoTime();
    for (Iterator<Half> all = halves.values().iterator(); all.hasNext(); ) {
      Half half = all.next();
      if (now - half.since() > PAIR_WITHIN.toNanos()) {
        half.stream().reset();
        all.remove();
      }
    }
  }
}
