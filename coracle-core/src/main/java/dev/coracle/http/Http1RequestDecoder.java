package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
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
  private boolean inHead = true;
  private boolean headBegun;

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
    if (inHead && isFolded(in)) {
      in.skipBytes(in.readableBytes());
      halted = true;
      HttpRequest refused =
          new DefaultFullHttpRequest(HttpVersion.HTTP_1_0, HttpMethod.GET, "/bad-request");
      refused.setDecoderResult(
          DecoderResult.failure(new IllegalArgumentException("a folded header line")));
      out.add(refused);
      return;
    }
    super.decode(ctx, in, out);
    for (int i = before; i < out.size(); i++) {
      Object message = out.get(i);
      if (message instanceof HttpRequest request) {
        inHead = false;
        upgrade = request.headers().contains(HttpHeaderNames.UPGRADE);
      }
      if (message instanceof LastHttpContent) {
        inHead = true;
        headBegun = false;
        halted = upgrade;
      }
    }
  }

  /**
   * Whether a line of the head begins with white space and so belongs to the one before (obsolete,
   * RFC 9112, 5.2): proxies do not agree on what such a header says.
   */
  private boolean isFolded(ByteBuf in) {
    int at = in.readerIndex();
    int end = in.writerIndex();
    if (at < end && headBegun && isBlank(in.getByte(at))) {
      return true;
    }
    while (at < end) {
      int newline = in.indexOf(at, end, (byte) '\n');
      if (newline < 0) {
        return false;
      }
      boolean empty = newline == at || newline == at + 1 && in.getByte(at) == '\r';
      if (empty && headBegun) {
        return false;
      }
      headBegun |= !empty;
      at = newline + 1;
      if (at < end && headBegun && isBlank(in.getByte(at))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBlank(byte character) {
    return character == ' ' || character == '\t';
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
