package dev.coracle.http;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;

/** One stream of an HTTP/2 connection. */
final class Http2Exchange extends ConnectionExchange<Http2Exchange> {

  private static final int UPDATE_BYTES = 16 * 1024;

  private final Http2Connection owner;
  private final Http2Stream stream;
  private final InboundBody body;
  private int unacknowledged;

  Http2Exchange(
      Http2Connection owner,
      EventLoop eventLoop,
      Http2Stream stream,
      Connection connection,
      String method,
      String authority,
      String target,
      Headers headers,
      boolean hasBody) {
    super(
        owner,
        hasBody && "100-continue".equalsIgnoreCase(headers.first("expect")),
        eventLoop,
        connection,
        method,
        authority,
        target,
        headers);
    this.owner = owner;
    this.stream = stream;
    this.body =
        hasBody
            ? new InboundBody(this::consumed, HttpServer.BODY_TIMEOUT_MILLIS)
            : InboundBody.empty();
  }

  /** Several small reads become one window update. */
  private void consumed(int bytes) {
    int due;
    synchronized (body) {
      unacknowledged += bytes;
      if (unacknowledged < UPDATE_BYTES && !body.isDrained()) {
        return;
      }
      due = unacknowledged;
      unacknowledged = 0;
    }
    onEventLoop(() -> owner.consumed(stream, due));
  }

  Http2Stream stream() {
    return stream;
  }

  @Override
  public String protocol() {
    return "HTTP/2.0";
  }

  @Override
  InboundBody inbound() {
    return body;
  }

  @Override
  Http2Exchange self() {
    return this;
  }

  @Override
  public WebSocketSession upgradeToWebSocket(String subprotocol) throws IOException {
    throw noUpgrade();
  }

  @Override
  public SpdySession upgradeToSpdy(Headers fields) throws IOException {
    throw noUpgrade();
  }

  @Override
  public SpdySession upgradeToSpdyOverWebSocket(String subprotocol) throws IOException {
    throw noUpgrade();
  }

  @Override
  public ByteTunnel upgradeToTunnel(Headers fields) throws IOException {
    throw noUpgrade();
  }

  private static IOException noUpgrade() {
    return new IOException("HTTP/2 has no upgrades");
  }
}
