package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1 connection of the server: one exchange after the other, in the order of the requests.
 * Everything here runs on the event loop unless it says otherwise.
 */
final class Http1Connection extends ChannelInboundHandlerAdapter
    implements AnswerWriter<Http1Exchange>, Http1RequestDecoder.Arrival, HttpServer.Drainable {

  private static final org.slf4j.Logger LOG =
      org.slf4j.LoggerFactory.getLogger(Http1Connection.class);
  private static final int BODY_HIGH = 128 * 1024;
  private static final int BODY_LOW = 32 * 1024;
  private static final int DRAIN_BYTES = 256 * 1024;
  private static final int COPY_BYTES = 8 * 1024;

  private final HttpServer server;
  private final HttpServerOptions options;
  private final Dispatcher dispatcher;
  private final Http1RequestDecoder decoder;
  private final ArrayDeque<Object> pending = new ArrayDeque<>(2);
  private final Deadline deadline = new Deadline();
  private @Nullable ChannelHandlerContext context;
  private @Nullable ChannelConnection connection;
  private @Nullable Http1Exchange current;
  private boolean receiving;
  private boolean headBegun;
  private boolean draining;
  private boolean upgraded;
  private boolean broken;
  private int drained;

  Http1Connection(HttpServer server, Dispatcher dispatcher) {
    this.server = server;
    this.options = server.options();
    this.dispatcher = dispatcher;
    this.decoder = new Http1RequestDecoder(options, this);
  }

  Http1RequestDecoder decoder() {
    return decoder;
  }

  ChannelHandlerContext context() {
    ChannelHandlerContext known = context;
    if (known == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return known;
  }

  Http1Upgrades upgrades() {
    return new Http1Upgrades(this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    connection = new ChannelConnection(ctx.channel());
    server.opened(this);
    deadline.start(ctx, options.headerTimeout());
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    deadline.stop();
    server.gone(this);
    releasePending();
  }

  @Override
  public void bytesArrived() {
    if (current == null && !headBegun) {
      headBegun = true;
      deadline.in(options.headerTimeout());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (broken || upgraded) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (receiving && message instanceof HttpContent content) {
      receive(content);
    } else if (current != null || !pending.isEmpty()) {
      pending.add(message);
      ctx.channel().config().setAutoRead(false);
    } else {
      begin(message);
    }
  }

  /** Takes a message that starts a request; content without one is the rest of a broken one. */
  private void begin(Object message) {
    if (!(message instanceof HttpRequest request)) {
      ReferenceCountUtil.release(message);
      return;
    }
    headBegun = false;
    deadline.none();
    DecoderResult result = request.decoderResult();
    if (result.isFailure()) {
      ReferenceCountUtil.release(message);
      refuse(result.cause());
      return;
    }
    String target = request.uri();
    String host = request.headers().get(HttpHeaderNames.HOST);
    if (request.protocolVersion().equals(HttpVersion.HTTP_1_1)
        && request.headers().getAll(HttpHeaderNames.HOST).size() != 1) {
      refuse(400, host == null ? "missing required Host header" : "too many Host headers");
      return;
    }
    if (request.protocolVersion().majorVersion() != 1) {
      refuse(505, "unsupported protocol version");
      return;
    }
    if (!target.startsWith("/")) {
      int path = target.indexOf("://") < 0 ? -1 : target.indexOf('/', target.indexOf("://") + 3);
      if (!target.startsWith("http://") && !target.startsWith("https://")) {
        refuse(400, "invalid URI for request");
        return;
      }
      int from = target.indexOf("://") + 3;
      host = path < 0 ? target.substring(from) : target.substring(from, path);
      target = path < 0 ? "/" : target.substring(path);
    }
    begin(request, host == null ? "" : host, target);
  }

  private void begin(HttpRequest request, String host, String target) {
    HttpHeaders fields = request.headers();
    boolean hasBody =
        HttpUtil.isTransferEncodingChunked(request)
            || HttpUtil.getContentLength(request, 0L) > 0
            || fields.contains(HttpHeaderNames.TRANSFER_ENCODING);
    if (fields.contains(HttpHeaderNames.TRANSFER_ENCODING)
        && !fields.get(HttpHeaderNames.TRANSFER_ENCODING).trim().equalsIgnoreCase("chunked")) {
      refuse(501, "unsupported transfer encoding");
      return;
    }
    boolean expectsContinue =
        hasBody
            && request.protocolVersion().equals(HttpVersion.HTTP_1_1)
            && fields.contains(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE, true);
    Headers headers = new Headers();
    for (Map.Entry<String, String> field : fields) {
      headers.add(field.getKey(), field.getValue());
    }
    ChannelConnection known = connection;
    if (known == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    Http1Exchange exchange =
        new Http1Exchange(
            this,
            context().channel().eventLoop(),
            known,
            request.method().name(),
            host,
            target,
            request.protocolVersion().text(),
            headers,
            hasBody,
            expectsContinue);
    exchange.keepAlive = HttpUtil.isKeepAlive(request) && !draining;
    current = exchange;
    receiving = true;
    drained = 0;
    dispatcher.dispatch(exchange, hasBody);
    if (request instanceof HttpContent content) {
      receive(content);
    }
  }

  private void receive(HttpContent content) {
    Http1Exchange exchange = current;
    if (exchange == null) {
      content.release();
      return;
    }
    if (content.decoderResult().isFailure()) {
      content.release();
      receiving = false;
      exchange.keepAlive = false;
      broken = true;
      exchange.inbound().fail(new java.io.IOException("malformed body"));
      return;
    }
    byte[] bytes = ByteBufUtil.getBytes(content.content());
    boolean last = content instanceof LastHttpContent;
    content.release();
    if (bytes.length > 0 && !exchange.inbound().offer(bytes)) {
      drained += bytes.length;
      if (drained > DRAIN_BYTES) {
        context().close();
        return;
      }
    }
    if (last) {
      receiving = false;
      exchange.inbound().end();
      nextIfDone();
    } else if (exchange.inbound().buffered() > BODY_HIGH) {
      context().channel().config().setAutoRead(false);
    }
  }

  /** From the reader's thread: reading may go on. */
  void bodyConsumed(Http1Exchange exchange) {
    if (exchange.inbound().buffered() <= BODY_LOW && !context().channel().config().isAutoRead()) {
      exchange.onEventLoop(this::readOn);
    }
  }

  private void readOn() {
    if (pending.isEmpty() && !context().isRemoved()) {
      context().channel().config().setAutoRead(true);
    }
  }

  @Override
  public void writeContinue(Http1Exchange exchange) {
    if (current == exchange && !exchange.committed()) {
      context().writeAndFlush(buffer(32).writeBytes(CONTINUE));
    }
  }

  private static final byte[] CONTINUE = Http1Writer.ascii("HTTP/1.1 100 Continue\r\n\r\n");

  private ByteBuf buffer(int bytes) {
    return context().alloc().directBuffer(bytes);
  }

  @Override
  public void writeAll(
      Http1Exchange exchange, int status, Headers fields, long length, byte[][] parts) {
    if (current != exchange || upgraded) {
      return;
    }
    boolean bodiless = status == 204 || status == 304;
    boolean silent = bodiless || exchange.isHead();
    boolean copy = !silent && length <= COPY_BYTES;
    ByteBuf out = buffer(512 + (copy ? (int) length : 0));
    if (!head(out, exchange, status, fields, bodiless ? -2 : length)) {
      return;
    }
    if (copy) {
      for (byte[] part : parts) {
        out.writeBytes(part);
      }
    }
    ChannelFuture written = context().write(out);
    if (!copy && !silent) {
      written = context().write(Unpooled.wrappedBuffer(parts));
    }
    answered(exchange, written);
  }

  @Override
  public void writeHead(Http1Exchange exchange, int status, Headers fields, long length) {
    if (current != exchange || upgraded) {
      return;
    }
    boolean old = exchange.protocol().equals("HTTP/1.0");
    exchange.chunked = length < 0 && !old;
    exchange.keepAlive &= length >= 0 || !old;
    ByteBuf out = buffer(512);
    if (head(out, exchange, status, fields, length)) {
      context().writeAndFlush(out);
    }
  }

  /** Writes a head; a head that cannot be written breaks the connection. */
  private boolean head(
      ByteBuf out, Http1Exchange exchange, int status, Headers fields, long length) {
    if (exchange.stillExpectsContinue() || draining) {
      exchange.keepAlive = false;
    }
    try {
      Http1Writer.answerHead(
          out,
          status,
          fields,
          length,
          exchange.chunked,
          exchange.keepAlive,
          exchange.protocol().equals("HTTP/1.0"));
      return true;
    } catch (IllegalArgumentException e) {
      out.release();
      context().close();
      return false;
    }
  }

  @Override
  public void writeBody(Http1Exchange exchange, ByteBuf bytes, boolean last) {
    int length = bytes.readableBytes();
    if (current != exchange || upgraded) {
      bytes.release();
      exchange.gate.sent(length);
      return;
    }
    ChannelFuture written = null;
    if (length > 0 && exchange.chunked) {
      ByteBuf head = buffer(16);
      Http1Writer.chunkHead(head, length);
      context().write(head);
      context().write(bytes);
      ByteBuf tail = buffer(8);
      Http1Writer.chunkTail(tail);
      written = context().write(tail);
    } else if (length > 0) {
      written = context().write(bytes);
    }
    if (written != null) {
      written.addListener(done -> exchange.gate.sent(length));
    }
    if (!last) {
      context().flush();
      return;
    }
    if (exchange.chunked && !exchange.isHead()) {
      ByteBuf end = buffer(8);
      Http1Writer.lastChunk(end);
      written = context().write(end);
    }
    answered(exchange, written == null ? context().newSucceededFuture() : written);
  }

  @Override
  public void breakOff(Http1Exchange exchange) {
    if (current == exchange) {
      exchange.keepAlive = false;
      context().close();
    }
  }

  private void answered(Http1Exchange exchange, ChannelFuture written) {
    context().flush();
    exchange.markAnswered();
    exchange.done = true;
    if (broken || !exchange.keepAlive) {
      exchange.inbound().discard();
      written.addListener(ChannelFutureListener.CLOSE);
      return;
    }
    if (receiving) {
      deadline.in(options.headerTimeout());
      if (!context().channel().config().isAutoRead()) {
        readOn();
      }
    }
    if (receiving && exchange.inbound().buffered() > 0) {
      exchange.inbound().discard();
    }
    nextIfDone();
  }

  /** Begins the next request when this one is answered and wholly here. */
  private void nextIfDone() {
    if (current == null || !current.done || receiving) {
      return;
    }
    current = null;
    if (draining) {
      context().close();
      return;
    }
    deadline.in(options.idleTimeout());
    if (starting) {
      return;
    }
    starting = true;
    try {
      while (current == null && !pending.isEmpty()) {
        begin(pending.remove());
        while (receiving && pending.peek() instanceof HttpContent) {
          receive((HttpContent) pending.remove());
        }
      }
    } finally {
      starting = false;
    }
    if (pending.isEmpty()) {
      resume();
    }
  }

  private boolean starting;

  private void resume() {
    readOn();
    ChannelHandlerContext own = context().pipeline().context(decoder);
    if (own != null) {
      try {
        decoder.resume(own);
      } catch (Exception e) {
        context().close();
      }
    }
  }

  private void refuse(@Nullable Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      refuse(414, "URI Too Long");
    } else if (cause instanceof TooLongHttpHeaderException) {
      refuse(431, "Request Header Fields Too Large");
    } else {
      refuse(400, "Bad Request");
    }
  }

  /** Answers what is no request, and closes. */
  private void refuse(int status, String why) {
    broken = true;
    ByteBuf out = buffer(256);
    Http1Writer.refusal(out, status, why);
    context().writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    Http1Exchange exchange = current;
    if (exchange != null) {
      exchange.peerGone("the client closed the connection");
    }
    releasePending();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof java.io.IOException)) {
      LOG.warn("HTTP/1 connection closed: {}", cause.toString(), cause);
    }
    ctx.close();
  }

  private void releasePending() {
    pending.forEach(ReferenceCountUtil::release);
    pending.clear();
  }

  /** Stops HTTP here for an upgrade; what came early stays with the decoder. */
  void handOver(Http1Exchange exchange) {
    upgraded = true;
    receiving = false;
    exchange.markAnswered();
    deadline.stop();
    server.handedOver(this);
  }

  boolean isCurrent(Http1Exchange exchange) {
    return current == exchange && !upgraded && !broken;
  }

  @Override
  public void drain() {
    draining = true;
    if (current == null && !headBegun) {
      context().close();
    }
  }

  @Override
  public io.netty.channel.Channel channel() {
    return context().channel();
  }
}
