package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.io.IOException;

/** A request of an HTTP/1 connection. */
final class Http1Exchange extends Exchange {

  private final Http1Connection owner;
  private final InboundBody body;
  private final String protocol;
  private volatile boolean expectsContinue;

  boolean done;
  boolean keepAlive;
  boolean chunked;

  Http1Exchange(
      Http1Connection owner,
      EventLoop eventLoop,
      Connection connection,
      String method,
      String authority,
      String target,
      String protocol,
      Headers headers,
      boolean hasBody,
      boolean expectsContinue) {
    super(
        eventLoop,
        connection,
        method,
        connection.secure() ? "https" : "http",
        authority,
        target,
        headers);
    this.owner = owner;
    this.protocol = protocol;
    this.body =
        hasBody
            ? new InboundBody(count -> owner.bodyConsumed(this), HttpServer.BODY_TIMEOUT_MILLIS)
            : InboundBody.empty();
    this.expectsContinue = expectsContinue;
  }

  @Override
  public String protocol() {
    return protocol;
  }

  @Override
  InboundBody inbound() {
    return body;
  }

  @Override
  void bodyWanted() {
    if (expectsContinue) {
      expectsContinue = false;
      onEventLoop(() -> owner.writeContinue(this));
    }
  }

  boolean stillExpectsContinue() {
    return expectsContinue;
  }

  @Override
  void writeAll(int status, Headers fields, long length, byte[][] parts) {
    owner.writeAll(this, status, fields, length, parts);
  }

  @Override
  void writeHead(int status, Headers fields, long length) {
    owner.writeHead(this, status, fields, length);
  }

  @Override
  void writeBody(ByteBuf bytes, boolean last) {
    owner.writeBody(this, bytes, last);
  }

  @Override
  void breakOff() {
    owner.breakOff(this);
  }

  @Override
  public WebSocketSession upgradeToWebSocket(String subprotocol) throws IOException {
    return opened(owner.upgrades().webSocket(this, subprotocol));
  }

  @Override
  public SpdySession upgradeToSpdy(Headers fields) throws IOException {
    return opened(owner.upgrades().spdy(this, fields));
  }

  @Override
  public SpdySession upgradeToSpdyOverWebSocket(String subprotocol) throws IOException {
    return opened(owner.upgrades().spdyOverWebSocket(this, subprotocol));
  }

  @Override
  public ByteTunnel upgradeToTunnel(Headers fields) throws IOException {
    return opened(owner.upgrades().tunnel(this, fields));
  }
}
