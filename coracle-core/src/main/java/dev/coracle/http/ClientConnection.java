package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection of the client: one exchange after the other. */
final class ClientConnection extends ChannelInboundHandlerAdapter {

  private static final int HIGH = 256 * 1024;
  private static final int LOW = 64 * 1024;
  private static final int CHUNK_BYTES = 32 * 1024;

  /** The server closed a kept connection before it began to answer. */
  static final class StaleException extends IOException {
    private static final long serialVersionUID = 1L;

    StaleException(String message) {
      super(message);
    }
  }

  private final class Decoder extends HttpResponseDecoder {
    Decoder() {
      super(
          new HttpDecoderConfig()
              .setMaxInitialLineLength(16 * 1024)
              .setMaxHeaderSize(256 * 1024)
              .setMaxChunkSize(64 * 1024)
              .setInitialBufferSize(256)
              .setAllowDuplicateContentLengths(false));
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
      Exchange exchange = current;
      return exchange != null && exchange.head || super.isContentAlwaysEmpty(message);
    }
  }

  private final HttpOrigin origin;
  private final Decoder decoder = new Decoder();
  private volatile @Nullable ChannelHandlerContext context;
  private volatile @Nullable Exchange current;
  private volatile long idleSince = System.nanoTime();

  ClientConnection(HttpOrigin origin) {
    this.origin = origin;
  }

  Decoder decoder() {
    return decoder;
  }

  private Channel channel() {
    ChannelHandlerContext known = context;
    if (known == null) {
      throw new IllegalStateException("not connected");
    }
    return known.channel();
  }

  boolean isActive() {
    return channel().isActive();
  }

  long idleSince() {
    return idleSince;
  }

  void close() {
    channel().close();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  ClientResponse send(ClientRequest request, Duration timeout) throws IOException {
    Exchange exchange = new Exchange(request);
    boolean streamed = request.body() != null && request.length() != 0;
    ByteBuf head = head(request, streamed);
    channel().eventLoop().execute(() -> begin(exchange, head));
    if (streamed) {
      Thread.ofVirtual().name("http-client-body").start(exchange::sendBody);
    } else {
      exchange.requestSent();
    }
    return exchange.awaitHead(timeout);
  }

  private ByteBuf head(ClientRequest request, boolean streamed) {
    ByteBuf out = Unpooled.buffer(512);
    Headers fields = request.headers();
    Http1Writer.requestLine(out, request.method(), request.target());
    if (!fields.contains("host")) {
      Http1Writer.field(out, "Host", origin.authority());
    }
    fields.forEach(
        (name, value) -> {
          if (!Http1Writer.isFraming(name)) {
            Http1Writer.field(out, name, value);
          }
        });
    String upgrade = fields.first("upgrade");
    if (upgrade != null) {
      Http1Writer.field(out, "Connection", "Upgrade");
      Http1Writer.field(out, "Upgrade", upgrade);
    }
    if (streamed && request.length() < 0) {
      Http1Writer.field(out, "Transfer-Encoding", "chunked");
    } else if (request.length() > 0
        || request.method().equals("POST")
        || request.method().equals("PUT")
        || request.method().equals("PATCH")) {
      Http1Writer.field(out, "Content-Length", Long.toString(Math.max(0, request.length())));
    }
    Http1Writer.endOfHead(out);
    return out;
  }

  private void begin(Exchange exchange, ByteBuf head) {
    if (!channel().isActive()) {
      head.release();
      exchange.broken("the connection is closed");
      return;
    }
    current = exchange;
    channel().writeAndFlush(head);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    Exchange exchange = current;
    if (exchange == null) {
      ReferenceCountUtil.release(message);
      ctx.close();
      return;
    }
    if (message instanceof HttpResponse response) {
      if (response.decoderResult().isFailure()) {
        ReferenceCountUtil.release(message);
        exchange.broken("malformed HTTP response");
        ctx.close();
        return;
      }
      exchange.begins(response, ctx);
    }
    if (message instanceof HttpContent content) {
      exchange.continues(content, ctx);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    origin.forget(this);
    Exchange exchange = current;
    if (exchange != null) {
      exchange.broken("the server closed the connection");
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Exchange exchange = current;
    if (exchange != null) {
      exchange.broken(String.valueOf(cause.getMessage()));
    }
    ctx.close();
  }

  /** One request and its answer. */
  private final class Exchange implements ClientResponse {

    private final ClientRequest request;
    private final boolean head;
    private final WriteGate gate = new WriteGate();
    private final InboundBody body = new InboundBody(this::consumed, 0);
    private @Nullable String broken;
    private boolean begun;
    private boolean interim;
    private boolean requestComplete;
    private boolean responseComplete;
    private boolean keepAlive;
    private int status;
    private Headers headers = new Headers();
    private @Nullable ByteTunnel tunnel;

    Exchange(ClientRequest request) {
      this.request = request;
      this.head = request.method().equals("HEAD");
    }

    private void consumed(int bytes) {
      if (body.buffered() <= LOW && !channel().config().isAutoRead()) {
        channel().config().setAutoRead(true);
      }
    }

    void sendBody() {
      InputStream source = request.body();
      if (source == null) {
        return;
      }
      boolean chunked = request.length() < 0;
      long left = chunked ? Long.MAX_VALUE : request.length();
      try (source) {
        byte[] buffer = new byte[CHUNK_BYTES];
        while (left > 0) {
          int n = source.read(buffer, 0, (int) Math.min(buffer.length, left));
          if (n < 0) {
            break;
          }
          left -= chunked ? 0 : n;
          write(buffer, n, chunked);
        }
        if (!chunked && left > 0) {
          throw new IOException("the request's body is shorter than its length");
        }
        if (chunked) {
          ByteBuf last = Unpooled.buffer(8);
          Http1Writer.lastChunk(last);
          channel().writeAndFlush(last);
        }
        requestSent();
      } catch (IOException e) {
        broken(String.valueOf(e.getMessage()));
        channel().close();
      }
    }

    private void write(byte[] buffer, int length, boolean chunked) throws IOException {
      ByteBuf out = Unpooled.buffer(length + 16);
      if (chunked) {
        Http1Writer.chunkHead(out, length);
      }
      out.writeBytes(buffer, 0, length);
      if (chunked) {
        Http1Writer.chunkTail(out);
      }
      gate.enter(length, 0);
      channel().writeAndFlush(out).addListener(done -> gate.sent(length));
    }

    void requestSent() {
      boolean over;
      synchronized (this) {
        requestComplete = true;
        over = responseComplete;
      }
      if (over) {
        over();
      }
    }

    void begins(HttpResponse response, ChannelHandlerContext ctx) {
      int code = response.status().code();
      interim = code / 100 == 1 && code != 101;
      if (interim) {
        return;
      }
      Headers fields = new Headers();
      for (Map.Entry<String, String> field : response.headers()) {
        fields.add(field.getKey(), field.getValue());
      }
      synchronized (this) {
        status = code;
        headers = fields;
        keepAlive = HttpUtil.isKeepAlive(response) && code != 101;
        begun = true;
        if (code == 101) {
          ChannelTunnel raw = new ChannelTunnel(ctx.channel());
          tunnel = raw;
          ctx.pipeline().addLast(raw);
        }
        notifyAll();
      }
    }

    void continues(HttpContent content, ChannelHandlerContext ctx) {
      boolean failed = content.decoderResult().isFailure();
      byte[] bytes = ByteBufUtil.getBytes(content.content());
      boolean last = content instanceof LastHttpContent;
      content.release();
      if (interim) {
        return;
      }
      if (failed) {
        broken("malformed HTTP response");
        ctx.close();
        return;
      }
      body.offer(bytes);
      if (body.buffered() > HIGH) {
        ctx.channel().config().setAutoRead(false);
      }
      if (!last) {
        return;
      }
      body.end();
      if (tunnel != null) {
        current = null;
        ctx.pipeline().remove(ClientConnection.this);
        return;
      }
      boolean over;
      synchronized (this) {
        responseComplete = true;
        over = requestComplete;
      }
      if (over) {
        over();
      } else {
        ctx.close();
      }
    }

    /** Both messages are complete: the connection may be used again. */
    private void over() {
      current = null;
      if (!keepAlive) {
        channel().close();
        return;
      }
      channel().config().setAutoRead(true);
      idleSince = System.nanoTime();
      origin.release(ClientConnection.this);
    }

    void broken(String why) {
      synchronized (this) {
        if (broken == null) {
          broken = why;
        }
        notifyAll();
      }
      body.fail(new IOException(why));
      gate.fail(why);
    }

    ClientResponse awaitHead(Duration timeout) throws IOException {
      long end = System.nanoTime() + timeout.toNanos();
      synchronized (this) {
        while (!begun) {
          String why = broken;
          if (why != null) {
            throw new StaleException(why);
          }
          long left = timeout.isZero() ? 0 : Math.max(1, (end - System.nanoTime()) / 1_000_000);
          if (!timeout.isZero() && System.nanoTime() >= end) {
            channel().close();
            throw new SocketTimeoutException(
                "no answer from " + origin.authority() + " within " + timeout.toMillis() + " ms");
          }
          try {
            wait(left);
          } catch (InterruptedException e) {
            channel().close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for an answer");
          }
        }
      }
      return this;
    }

    @Override
    public int status() {
      return status;
    }

    @Override
    public Headers headers() {
      return headers;
    }

    @Override
    public InputStream body() {
      return body;
    }

    @Override
    public byte @Nullable [] readChunk() throws IOException {
      return body.readChunk();
    }

    @Override
    public byte[] readBody(int limit) throws IOException {
      return body.readAll(limit);
    }

    @Override
    public @Nullable ByteTunnel tunnel() {
      return tunnel;
    }

    @Override
    public void close() {
      ByteTunnel raw = tunnel;
      if (raw != null) {
        raw.close();
      } else if (!body.isEnded()) {
        channel().close();
      }
    }
  }
}
