package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Netty's decoder, strict where messages could be smuggled, that stops behind a request to upgrade:
 * the bytes that follow may be no HTTP.
 */
final class Http1RequestDecoder extends HttpRequestDecoder {

  /** Told of bytes before they are a message. */
  interface Arrival {
    void bytesArrived();
  }

  private final Arrival arrival;
  private boolean upgrade;
  private boolean halted;

  Http1RequestDecoder(HttpServerOptions options, Arrival arrival) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(options.maxRequestLineBytes())
            .setMaxHeaderSize(options.maxHeaderBytes())
            .setMaxChunkSize(64 * 1024)
            .setInitialBufferSize(256)
            .setAllowDuplicateContentLengths(false));
    this.arrival = arrival;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (halted) {
      return;
    }
    int before = out.size();
    arrival.bytesArrived();
    super.decode(ctx, in, out);
    for (int i = before; i < out.size(); i++) {
      Object message = out.get(i);
      if (message instanceof HttpRequest request) {
        upgrade = request.headers().contains(HttpHeaderNames.UPGRADE);
      }
      if (message instanceof LastHttpContent && upgrade) {
        halted = true;
      }
    }
  }

  /** A message with both is not to be guessed at (RFC 9112, 6.1). */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
  }

  /** Goes on after an upgrade that was not accepted. */
  void resume(ChannelHandlerContext ownContext) throws Exception {
    if (halted) {
      halted = false;
      upgrade = false;
      channelRead(ownContext, Unpooled.EMPTY_BUFFER);
    }
  }
}
