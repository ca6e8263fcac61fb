package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection of the server. It works on Netty's connection handler itself: a stream
 * costs one {@link Http2Exchange}, no channel and no pipeline. Everything here runs on the event
 * loop unless it says otherwise.
 */
final class Http2Connection extends Http2ConnectionHandler
    implements AnswerWriter<Http2Exchange>, HttpServer.Drainable {

  private static final int STREAM_WINDOW = 256 * 1024;
  private static final int CONNECTION_WINDOW_MORE = 1024 * 1024;
  private static final int MOST_RESETS = 10_000;

  private final HttpServer server;
  private final Dispatcher dispatcher;
  private final io.netty.handler.codec.http2.Http2Connection.PropertyKey exchangeKey;
  private final Deadline deadline = new Deadline();
  private @Nullable ChannelHandlerContext context;
  private @Nullable ChannelConnection peer;
  private boolean flushPlanned;
  private boolean reading;

  private Http2Connection(
      HttpServer server,
      Dispatcher dispatcher,
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings) {
    super(decoder, encoder, settings);
    this.server = server;
    this.dispatcher = dispatcher;
    this.exchangeKey = connection().newKey();
  }

  static Http2Connection create(HttpServer server, Dispatcher dispatcher) {
    return new Builder(server, dispatcher).build();
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2Connection, Builder> {

    private final HttpServer server;
    private final Dispatcher dispatcher;
    private final Listener listener = new Listener();

    Builder(HttpServer server, Dispatcher dispatcher) {
      this.server = server;
      this.dispatcher = dispatcher;
      HttpServerOptions options = server.options();
      DefaultHttp2Connection connection = new DefaultHttp2Connection(true);
      connection
          .remote()
          .flowController(
              new DefaultHttp2RemoteFlowController(
                  connection, new UniformStreamByteDistributor(connection)));
      connection(connection);
      initialSettings(
          new Http2Settings()
              .maxConcurrentStreams(options.maxStreams())
              .maxHeaderListSize(options.maxHeaderBytes())
              .initialWindowSize(STREAM_WINDOW));
      decoderEnforceMaxRstFramesPerWindow(MOST_RESETS, 30);
      frameListener(listener);
      gracefulShutdownTimeoutMillis(-1);
    }

    @Override
    public Http2Connection build() {
      return super.build();
    }

    @Override
    protected Http2Connection build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      Http2Connection handler = new Http2Connection(server, dispatcher, decoder, encoder, settings);
      listener.owner = handler;
      handler.connection().addListener(listener);
      return handler;
    }
  }

  /** Frames and stream events, handed to the connection. */
  private static final class Listener extends Http2EventAdapter {

    private @Nullable Http2Connection owner;

    private Http2Connection owner() {
      Http2Connection known = owner;
      if (known == null) {
        throw new IllegalStateException("no connection yet");
      }
      return known;
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int streamId,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean last)
        throws Http2Exception {
      owner().headers(streamId, headers, last);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean last)
        throws Http2Exception {
      owner().headers(streamId, headers, last);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean last) {
      return owner().data(streamId, data, padding, last);
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
      owner().closed(stream);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    peer = new ChannelConnection(ctx.channel());
    super.handlerAdded(ctx);
    connection()
        .local()
        .flowController()
        .incrementWindowSize(connection().connectionStream(), CONNECTION_WINDOW_MORE);
    deadline.start(ctx, server.options().headerTimeout());
    server.opened(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    deadline.stop();
    server.gone(this);
    super.channelInactive(ctx);
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext known = context;
    if (known == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return known;
  }

  private void headers(int streamId, Http2Headers fields, boolean last) throws Http2Exception {
    Http2Stream stream = connection().stream(streamId);
    if (stream == null) {
      return;
    }
    Http2Exchange known = stream.getProperty(exchangeKey);
    if (known != null) {
      known.inbound().end();
      return;
    }
    CharSequence method = fields.method();
    CharSequence path = fields.path();
    if (method == null || path == null || path.length() == 0 || path.charAt(0) != '/') {
      throw Http2Exception.streamError(
          streamId, Http2Error.PROTOCOL_ERROR, "a request without method or path");
    }
    if (!isVisible(path) || !isVisible(method)) {
      throw Http2Exception.streamError(
          streamId, Http2Error.PROTOCOL_ERROR, "spaces or control characters in method or path");
    }
    CharSequence authority = fields.authority();
    Headers headers = new Headers();
    String host = authority == null ? "" : authority.toString();
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      CharSequence name = field.getKey();
      if (name.charAt(0) != ':') {
        headers.add(name.toString(), field.getValue().toString());
      }
    }
    if (host.isEmpty()) {
      host = headers.first("host", "");
    }
    ChannelConnection connection = peer;
    if (connection == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    Http2Exchange exchange =
        new Http2Exchange(
            this,
            context().channel().eventLoop(),
            stream,
            connection,
            method.toString(),
            host,
            path.toString(),
            headers,
            !last);
    stream.setProperty(exchangeKey, exchange);
    deadline.none();
    dispatcher.dispatch(exchange, !last);
  }

  /** What has a line of its own in HTTP/1.1 must not be able to end that line. */
  private static boolean isVisible(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) == 0x7f) {
        return false;
      }
    }
    return true;
  }

  private int data(int streamId, ByteBuf data, int padding, boolean last) {
    int length = data.readableBytes();
    Http2Stream stream = connection().stream(streamId);
    Http2Exchange exchange = stream == null ? null : stream.getProperty(exchangeKey);
    boolean taken =
        exchange != null && length > 0 && exchange.inbound().offer(ByteBufUtil.getBytes(data));
    if (exchange != null && last) {
      exchange.inbound().end();
    }
    return taken ? padding : padding + length;
  }

  private void closed(Http2Stream stream) {
    Http2Exchange exchange = stream.removeProperty(exchangeKey);
    if (exchange != null) {
      exchange.peerGone("the client closed the stream");
    }
    if (connection().numActiveStreams() == 0) {
      deadline.in(server.options().idleTimeout());
    }
  }

  /** The handler has read so many bytes: the peer may send as many more. */
  void consumed(Http2Stream stream, int bytes) {
    try {
      if (connection().stream(stream.id()) != null
          && connection().local().flowController().consumeBytes(stream, bytes)) {
        planFlush();
      }
    } catch (Http2Exception e) {
      onError(context(), false, e);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    reading = true;
    super.channelRead(ctx, message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    reading = false;
    super.channelReadComplete(ctx);
  }

  /** One flush for all that is written in this turn of the event loop. */
  private void planFlush() {
    if (!flushPlanned && !reading) {
      flushPlanned = true;
      context().executor().execute(this::flushNow);
    }
  }

  private void flushNow() {
    flushPlanned = false;
    flush(context());
  }

  private static Http2Headers head(int status, Headers fields, long length) {
    DefaultHttp2Headers head = new DefaultHttp2Headers(false, fields.size() + 3);
    head.status(status == 200 ? "200" : Integer.toString(status));
    fields.forEach(
        (name, value) -> {
          if (!Http1Writer.isFraming(name)) {
            Http1Writer.checkValue(name, value);
            head.add(lower(name), value);
          }
        });
    if (length >= 0) {
      head.add("content-length", Long.toString(length));
    }
    head.add("date", HttpDates.now());
    return head;
  }

  private static String lower(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (Character.isUpperCase(name.charAt(i))) {
        return name.toLowerCase(Locale.ROOT);
      }
    }
    return name;
  }

  private boolean gone(Http2Exchange exchange) {
    return context().isRemoved() || connection().stream(exchange.stream().id()) == null;
  }

  @Override
  public void writeAll(
      Http2Exchange exchange, int status, Headers fields, long length, byte[][] parts) {
    if (gone(exchange)) {
      return;
    }
    boolean bodiless = status == 204 || status == 304;
    boolean silent = bodiless || exchange.isHead() || length == 0;
    if (!writeHead(exchange, status, fields, bodiless ? -1 : length, silent) || silent) {
      return;
    }
    exchange.markAnswered();
    int id = exchange.stream().id();
    encoder()
        .writeData(context(), id, Unpooled.wrappedBuffer(parts), 0, true, context().newPromise());
    answered(exchange);
  }

  @Override
  public void writeContinue(Http2Exchange exchange) {
    if (!gone(exchange) && !exchange.committed()) {
      Http2Headers head = new DefaultHttp2Headers(false, 1).status("100");
      encoder()
          .writeHeaders(context(), exchange.stream().id(), head, 0, false, context().newPromise());
      planFlush();
    }
  }

  @Override
  public void writeHead(Http2Exchange exchange, int status, Headers fields, long length) {
    if (!gone(exchange)) {
      writeHead(exchange, status, fields, length, false);
    }
  }

  /** Writes a head; one that cannot be written breaks the stream. */
  private boolean writeHead(
      Http2Exchange exchange, int status, Headers fields, long length, boolean last) {
    Http2Headers head;
    try {
      head = head(status, fields, length);
    } catch (IllegalArgumentException e) {
      breakOff(exchange);
      return false;
    }
    if (last) {
      exchange.markAnswered();
    }
    encoder()
        .writeHeaders(context(), exchange.stream().id(), head, 0, last, context().newPromise());
    if (last) {
      answered(exchange);
    } else {
      planFlush();
    }
    return true;
  }

  @Override
  public void writeBody(Http2Exchange exchange, ByteBuf bytes, boolean last) {
    int length = bytes.readableBytes();
    if (gone(exchange)) {
      bytes.release();
      exchange.gate.sent(length);
      return;
    }
    ChannelPromise promise = context().newPromise();
    if (length > 0) {
      promise.addListener(done -> exchange.gate.sent(length));
    }
    if (last) {
      exchange.markAnswered();
    }
    encoder().writeData(context(), exchange.stream().id(), bytes, 0, last, promise);
    if (last) {
      answered(exchange);
    } else {
      planFlush();
    }
  }

  /** The answer is complete; a body that nobody has read to its end is not wanted any more. */
  private void answered(Http2Exchange exchange) {
    if (!exchange.inbound().isEnded()) {
      exchange.inbound().discard();
      planFlush();
      context()
          .executor()
          .execute(
              () -> {
                if (!gone(exchange)) {
                  resetStream(
                      context(),
                      exchange.stream().id(),
                      Http2Error.NO_ERROR.code(),
                      context().newPromise());
                  planFlush();
                }
              });
      return;
    }
    planFlush();
  }

  @Override
  public void breakOff(Http2Exchange exchange) {
    if (!gone(exchange)) {
      resetStream(
          context(),
          exchange.stream().id(),
          Http2Error.INTERNAL_ERROR.code(),
          context().newPromise());
      planFlush();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    if (cause instanceof java.io.IOException) {
      ctx.close();
      return;
    }
    super.exceptionCaught(ctx, cause);
  }

  /** GOAWAY; Netty closes the connection when its last stream has ended. */
  @Override
  public void drain() {
    try {
      close(context(), context().newPromise());
      flush(context());
    } catch (Exception e) {
      context().close();
    }
  }

  @Override
  public Channel channel() {
    return context().channel();
  }
}
