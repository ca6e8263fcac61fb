package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;

/** Makes a plain stream of bytes out of binary WebSocket messages, in both directions. */
final class WebSocketByteStream extends ChannelDuplexHandler {

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    switch (message) {
      case BinaryWebSocketFrame binary -> ctx.fireChannelRead(binary.content());
      case ContinuationWebSocketFrame more -> ctx.fireChannelRead(more.content());
      case PingWebSocketFrame ping -> ctx.writeAndFlush(new PongWebSocketFrame(ping.content()));
      case CloseWebSocketFrame close ->
          ctx.writeAndFlush(close).addListener(ChannelFutureListener.CLOSE);
      case WebSocketFrame other -> other.release();
      default -> ctx.fireChannelRead(message);
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    ctx.write(
        message instanceof ByteBuf bytes ? new BinaryWebSocketFrame(bytes) : message, promise);
  }
}
