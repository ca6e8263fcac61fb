package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One request and its answer, whatever HTTP version carries it. Handlers call from any thread; the
 * {@code write...} methods below run on the connection's event loop only.
 */
abstract class Exchange implements HttpRequest, HttpResponder {

  /** Larger bodies are written in slices, as fast as the peer reads. */
  private static final int SEND_AT_ONCE_BYTES = 256 * 1024;

  private static final int SLICE_BYTES = 64 * 1024;
  private static final long SEND_TIMEOUT_MILLIS = 60_000;

  private final EventLoop eventLoop;
  private final String method;
  private final String scheme;
  private final String authority;
  private final String rawPath;
  private final String rawQuery;
  private final Headers headers;
  private final Connection connection;
  private final AtomicBoolean committed = new AtomicBoolean();
  private final CloseSignal disconnect = new CloseSignal();
  final WriteGate gate = new WriteGate();
  private volatile boolean answered;

  /** What {@link #stream} or an upgrade opened, to be closed when the handler forgot. */
  private volatile @org.jspecify.annotations.Nullable AutoCloseable opened;

  Exchange(
      EventLoop eventLoop,
      Connection connection,
      String method,
      String scheme,
      String authority,
      String target,
      Headers headers) {
    this.eventLoop = eventLoop;
    this.connection = connection;
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    int question = target.indexOf('?');
    int end = question < 0 ? target.length() : question;
    this.rawPath = end == 0 ? "/" : target.substring(0, end);
    this.rawQuery = question < 0 ? "" : target.substring(question + 1);
    this.headers = headers;
  }

  /** Writes a whole answer. */
  abstract void writeAll(int status, Headers fields, long length, byte[][] body);

  /**
   * Writes the head of an answer whose body follows.
   *
   * @param length -1 when it is not known
   */
  abstract void writeHead(int status, Headers fields, long length);

  /** Writes a part of the body, and tells the gate when it has left. */
  abstract void writeBody(ByteBuf bytes, boolean last);

  /** Breaks the answer off. */
  abstract void breakOff();

  /** The request's body, never null. */
  abstract InboundBody inbound();

  /** The client waits for 100 Continue, and somebody wants the body. */
  abstract void bodyWanted();

  @Override
  public final String method() {
    return method;
  }

  @Override
  public final String scheme() {
    return scheme;
  }

  @Override
  public final String authority() {
    return authority;
  }

  @Override
  public final String rawPath() {
    return rawPath;
  }

  @Override
  public final String rawQuery() {
    return rawQuery;
  }

  @Override
  public final Headers headers() {
    return headers;
  }

  @Override
  public final Connection connection() {
    return connection;
  }

  @Override
  public final InputStream body() {
    bodyWanted();
    return inbound();
  }

  @Override
  public final byte[] readBody(int limit) throws IOException {
    String length = headers.first("content-length");
    if (length != null && length.length() > 9 || parse(length) > limit) {
      throw new BodyTooLargeException(limit);
    }
    bodyWanted();
    return inbound().readAll(limit);
  }

  private static int parse(@org.jspecify.annotations.Nullable String length) {
    try {
      return length == null ? 0 : Integer.parseInt(length);
    } catch (NumberFormatException e) {
      return Integer.MAX_VALUE;
    }
  }

  final boolean isHead() {
    return method.equals("HEAD");
  }

  @Override
  public final boolean committed() {
    return committed.get();
  }

  @Override
  public final boolean isOpen() {
    return !answered && !disconnect.isClosed();
  }

  @Override
  public final void onDisconnect(Runnable action) {
    disconnect.add(action);
  }

  final void commit() {
    if (!committed.compareAndSet(false, true)) {
      throw new IllegalStateException("the request was answered before");
    }
  }

  @Override
  public final void send(int status, Headers fields, byte[]... body) {
    commit();
    long length = 0;
    for (byte[] part : body) {
      length += part.length;
    }
    long total = length;
    if (total <= SEND_AT_ONCE_BYTES || isHead()) {
      onEventLoop(() -> writeAll(status, fields, total, body));
    } else if (eventLoop.inEventLoop()) {
      Thread.startVirtualThread(() -> sendInSlices(status, fields, total, body));
    } else {
      sendInSlices(status, fields, total, body);
    }
  }

  private void sendInSlices(int status, Headers fields, long length, byte[][] body) {
    onEventLoop(() -> writeHead(status, fields, length));
    long left = length;
    try {
      for (byte[] part : body) {
        for (int from = 0; from < part.length; from += SLICE_BYTES) {
          int size = Math.min(SLICE_BYTES, part.length - from);
          gate.enter(size, SEND_TIMEOUT_MILLIS);
          left -= size;
          ByteBuf slice = Unpooled.wrappedBuffer(part, from, size);
          boolean last = left == 0;
          onEventLoop(() -> writeBody(slice, last));
        }
      }
    } catch (IOException e) {
      onEventLoop(this::breakOff);
    }
  }

  @Override
  public final BodyStream stream(int status, Headers fields) throws IOException {
    return stream(status, fields, -1);
  }

  @Override
  public final BodyStream stream(int status, Headers fields, long contentLength)
      throws IOException {
    commit();
    onEventLoop(() -> writeHead(status, fields, contentLength));
    BodyStream body =
        new GatedBodyStream(
            gate, contentLength, isHead(), this::isOpen, this::postBody, this::postBreakOff);
    opened = body;
    return body;
  }

  private void postBody(ByteBuf bytes, boolean last) {
    onEventLoop(() -> writeBody(bytes, last));
  }

  private void postBreakOff() {
    onEventLoop(this::breakOff);
  }

  final <T extends AutoCloseable> T opened(T session) {
    opened = session;
    return session;
  }

  /** The handler is done, well or not. */
  final void handlerReturned(boolean failed) {
    if (!committed.get()) {
      send(
          500,
          Headers.of("content-type", "text/plain; charset=utf-8"),
          "Internal Server Error\n".getBytes(StandardCharsets.US_ASCII));
      return;
    }
    AutoCloseable still = opened;
    if (still == null) {
      return;
    }
    try {
      if (failed && still instanceof BodyStream body) {
        body.abort();
      } else {
        still.close();
      }
    } catch (Exception e) {
      postBreakOff();
    }
  }

  /** The answer has been handed to the connection as a whole. */
  final void markAnswered() {
    answered = true;
    disconnect.dismiss();
  }

  /** The peer is gone; runs on the event loop. */
  final void peerGone(String why) {
    inbound().fail(new IOException(why));
    gate.fail(why);
    if (!answered) {
      disconnect.close();
    }
  }

  final void onEventLoop(Runnable task) {
    if (eventLoop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      eventLoop.execute(task);
    } catch (java.util.concurrent.RejectedExecutionException e) {
      gate.fail("the server is stopped");
    }
  }
}
