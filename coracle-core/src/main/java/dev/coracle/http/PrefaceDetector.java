package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/** Tells HTTP/2 with prior knowledge (RFC 9113, 3.3) from HTTP/1 by the first three bytes. */
final class PrefaceDetector extends ByteToMessageDecoder {

  private static final int PRI = 'P' << 16 | 'R' << 8 | 'I';

  private final HttpServer server;
  private final Deadline deadline = new Deadline();

  PrefaceDetector(HttpServer server) {
    this.server = server;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    deadline.start(ctx, server.options().headerTimeout());
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    deadline.stop();
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (in.readableBytes() < 3) {
      return;
    }
    if (in.getMedium(in.readerIndex()) == PRI) {
      server.speakHttp2(ctx.pipeline());
    } else {
      server.speakHttp1(ctx.pipeline());
    }
    ctx.pipeline().remove(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
