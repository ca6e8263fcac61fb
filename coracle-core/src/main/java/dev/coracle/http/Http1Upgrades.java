package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Turns an HTTP/1.1 connection into something else: 101, and another pipeline. */
final class Http1Upgrades {

  private final Http1Connection connection;

  Http1Upgrades(Http1Connection connection) {
    this.connection = connection;
  }

  private Channel channel() {
    return connection.channel();
  }

  ByteTunnel tunnel(Http1Exchange exchange, Headers fields) throws IOException {
    ChannelTunnel session = new ChannelTunnel(channel());
    switchTo(exchange, fields, session);
    return session;
  }

  SpdySession spdy(Http1Exchange exchange, Headers fields) throws IOException {
    SpdyConnection session = new SpdyConnection(channel());
    Headers all = fields.copy().set("Upgrade", "SPDY/3.1");
    switchTo(exchange, all, spdyCodec(), session);
    return session;
  }

  WebSocketSession webSocket(Http1Exchange exchange, String subprotocol) throws IOException {
    Headers fields = accept(exchange, subprotocol);
    WebSocketConnection session = new WebSocketConnection(channel(), subprotocol);
    switchTo(
        exchange,
        fields,
        WebSocketConnection.decoder(true),
        WebSocketConnection.encoder(false),
        session);
    return session;
  }

  SpdySession spdyOverWebSocket(Http1Exchange exchange, String subprotocol) throws IOException {
    Headers fields = accept(exchange, subprotocol);
    SpdyConnection session = new SpdyConnection(channel());
    switchTo(
        exchange,
        fields,
        WebSocketConnection.decoder(true),
        WebSocketConnection.encoder(false),
        new WebSocketByteStream(),
        spdyCodec(),
        session);
    return session;
  }

  private static ChannelHandler spdyCodec() {
    return new SpdyFrameCodec(SpdyVersion.SPDY_3_1, 64 * 1024, 64 * 1024, 6, 15, 8);
  }

  private static Headers accept(Http1Exchange exchange, String subprotocol) throws IOException {
    String key = exchange.headers().first("sec-websocket-key");
    String version = exchange.headers().first("sec-websocket-version");
    if (!exchange.isUpgradeTo("websocket") || key == null || !"13".equals(version)) {
      exchange.send(
          400,
          Headers.of("Content-Type", "text/plain; charset=utf-8", "Sec-WebSocket-Version", "13"),
          Http1Writer.ascii("not a WebSocket handshake (RFC 6455)\n"));
      throw new IOException("not a WebSocket handshake");
    }
    Headers fields =
        Headers.of("Upgrade", "websocket", "Sec-WebSocket-Accept", acceptKey(key.trim()));
    if (!subprotocol.isEmpty()) {
      fields.add("Sec-WebSocket-Protocol", subprotocol);
    }
    return fields;
  }

  /** What proves that a server has understood a WebSocket handshake (RFC 6455, 4.2.2). */
  static String acceptKey(String key) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      byte[] text =
          (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.ISO_8859_1);
      return Base64.getEncoder().encodeToString(sha1.digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void switchTo(Http1Exchange exchange, Headers fields, ChannelHandler... handlers)
      throws IOException {
    if (!exchange.headers().contains("upgrade")) {
      exchange.send(
          400,
          Headers.of("Content-Type", "text/plain; charset=utf-8"),
          Http1Writer.ascii("an upgrade is required\n"));
      throw new IOException("the request does not ask for an upgrade");
    }
    exchange.commit();
    exchange.onEventLoop(() -> switchNow(exchange, fields, handlers));
  }

  private void switchNow(Http1Exchange exchange, Headers fields, ChannelHandler[] handlers) {
    ChannelPipeline pipeline = channel().pipeline();
    ChannelSession session = (ChannelSession) handlers[handlers.length - 1];
    if (!connection.isCurrent(exchange) || !channel().isActive()) {
      session.over("the client closed the connection");
      return;
    }
    ByteBuf out = connection.context().alloc().directBuffer(512);
    try {
      Http1Writer.statusLine(out, 101);
      fields.forEach((name, value) -> Http1Writer.field(out, name, value));
      Http1Writer.field(out, "Connection", "Upgrade");
      Http1Writer.endOfHead(out);
    } catch (IllegalArgumentException e) {
      ReferenceCountUtil.release(out);
      session.over(e.getMessage() == null ? "bad header" : e.getMessage());
      channel().close();
      return;
    }
    connection.context().writeAndFlush(out);
    connection.handOver(exchange);
    for (ChannelHandler handler : handlers) {
      pipeline.addLast(handler);
    }
    pipeline.remove(connection);
    pipeline.remove(connection.decoder());
    channel().config().setAutoRead(true);
  }
}
