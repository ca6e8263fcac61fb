package dev.coracle.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslContext;
import io.netty.util.AsciiString;
import io.netty.util.collection.IntObjectHashMap;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** One HTTP/2 connection; {@link #send} is called on its event loop only. */
public final class LoadConnection {

  private static final int WINDOW = 32 << 20;

  private final AsciiString authority;
  private final @Nullable AsciiString authorization;
  private final IntObjectHashMap<Stream> streams = new IntObjectHashMap<>();
  private final Http2ConnectionHandler handler;
  private final CompletableFuture<Void> settled = new CompletableFuture<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable Channel channel;

  private LoadConnection(URI server, @Nullable String token) {
    authority = AsciiString.of(server.getRawAuthority());
    authorization = token == null ? null : AsciiString.of("Bearer " + token);
    handler =
        new Http2ConnectionHandlerBuilder()
            .server(false)
            .initialSettings(
                Http2Settings.defaultSettings()
                    .pushEnabled(false)
                    .initialWindowSize(WINDOW)
                    .maxFrameSize(1 << 20))
            .frameListener(new Frames())
            // Watches would never end by themselves.
            .gracefulShutdownTimeoutMillis(0)
            .build();
  }

  /** Connects, and waits for the server's settings. */
  static LoadConnection open(
      EventLoopGroup loop, SslContext tls, URI server, @Nullable String token)
      throws IOException, InterruptedException {
    LoadConnection connection = new LoadConnection(server, token);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(tls.newHandler(channel.alloc()), connection.handler);
                  }
                });
    try {
      int port = server.getPort() < 0 ? 443 : server.getPort();
      Channel channel = bootstrap.connect(server.getHost(), port).sync().channel();
      connection.channel = channel;
      channel
          .closeFuture()
          .addListener(
              closed ->
                  connection.settled.completeExceptionally(
                      new IOException("the server closed the connection")));
      channel
          .eventLoop()
          .execute(() -> channel.closeFuture().addListener(c -> connection.broken()));
      connection.settled.get();
      return connection;
    } catch (ExecutionException e) {
      throw new IOException(server + ": " + e.getCause(), e.getCause());
    }
  }

  Channel channel() {
    Channel open = channel;
    if (open == null) {
      throw new IllegalStateException("not open");
    }
    return open;
  }

  /** Runs on the event loop, and sends what it wrote. */
  public void execute(Runnable writes) {
    channel()
        .eventLoop()
        .execute(
            () -> {
              writes.run();
              channel().flush();
            });
  }

  /** Writes; what is written goes out at the end of the turn of the event loop. */
  public void send(LoadRequest request, Receiver receiver) {
    ChannelHandlerContext open = context;
    if (open == null || !open.channel().isActive()) {
      receiver.end(0);
      return;
    }
    Http2Headers headers =
        new DefaultHttp2Headers(false, 8)
            .method(AsciiString.of(request.method()))
            .scheme(AsciiString.cached("https"))
            .authority(authority)
            .path(AsciiString.of(request.path()));
    if (authorization != null) {
      headers.add(AsciiString.cached("authorization"), authorization);
    }
    if (request.contentType() != null) {
      headers.add(AsciiString.cached("content-type"), AsciiString.of(request.contentType()));
    }
    int id = handler.connection().local().incrementAndGetNextStreamId();
    streams.put(id, new Stream(receiver));
    byte[] body = request.body();
    handler.encoder().writeHeaders(open, id, headers, 0, body == null, open.newPromise());
    if (body != null) {
      handler
          .encoder()
          .writeData(open, id, Unpooled.wrappedBuffer(body), 0, true, open.newPromise());
    }
  }

  /** Sends a GET whose answer nobody takes from the socket, nor any other answer from now on. */
  public Runnable unread(String path) {
    return () -> {
      channel().config().setAutoRead(false);
      send(LoadRequest.get(path), _ -> {});
    };
  }

  /** Ends all streams that still run, with status 0. */
  public void close() {
    channel().close().syncUninterruptibly();
  }

  private void broken() {
    List<Stream> open = new ArrayList<>(streams.values());
    streams.clear();
    open.forEach(stream -> stream.receiver.end(0));
  }

  private static final class Stream {
    private final Receiver receiver;
    private int status;

    private Stream(Receiver receiver) {
      this.receiver = receiver;
    }
  }

  private final class Frames extends Http2FrameAdapter {

    @Override
    public void onSettingsRead(ChannelHandlerContext read, Http2Settings settings)
        throws Http2Exception {
      if (context == null) {
        context = read;
        var flow = handler.connection().local().flowController();
        flow.incrementWindowSize(handler.connection().connectionStream(), WINDOW);
        read.flush();
        settled.complete(null);
      }
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext read,
        int id,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end) {
      onHeadersRead(read, id, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext read, int id, Http2Headers headers, int padding, boolean end) {
      Stream stream = streams.get(id);
      if (stream != null && headers.status() != null) {
        stream.status = Integer.parseInt(headers.status().toString());
      }
      if (end) {
        finish(id);
      }
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext read, int id, ByteBuf data, int padding, boolean end) {
      int size = data.readableBytes() + padding;
      Stream stream = streams.get(id);
      if (stream != null) {
        stream.receiver.data(data);
      }
      if (end) {
        finish(id);
      }
      return size;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext read, int id, long code) {
      Stream stream = streams.get(id);
      if (stream != null) {
        stream.status = 0;
        finish(id);
      }
    }

    private void finish(int id) {
      Stream stream = streams.remove(id);
      if (stream != null) {
        stream.receiver.end(stream.status);
      }
    }
  }
}
