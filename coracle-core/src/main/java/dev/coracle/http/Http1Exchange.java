package dev.coracle.http;

import io.netty.channel.EventLoop;
import java.io.IOException;

/** A request of an HTTP/1 connection. */
final class Http1Exchange extends ConnectionExchange<Http1Exchange> {

  private final Http1Connection owner;
  private final InboundBody body;
  private final String protocol;

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
    super(owner, expectsContinue, eventLoop, connection, method, authority, target, headers);
    this.owner = owner;
    this.protocol = protocol;
    this.body =
        hasBody
            ? new InboundBody(count -> owner.bodyConsumed(this), HttpServer.BODY_TIMEOUT_MILLIS)
            : InboundBody.empty();
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
  Http1Exchange self() {
    return this;
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
