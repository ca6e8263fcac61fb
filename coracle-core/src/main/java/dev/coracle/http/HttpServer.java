package dev.coracle.http;

import dev.coracle.http.tls.ServerTls;
import dev.coracle.http.tls.TlsContexts;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** An HTTP server: HTTP/1.1 and HTTP/2, over TLS or not, on any number of addresses. */
public final class HttpServer implements AutoCloseable {

  /** How long a reader of a request's body waits for its next bytes. */
  static final long BODY_TIMEOUT_MILLIS = 60_000;

  /** A connection that can be asked to end. */
  interface Drainable {
    /** Ends when the requests at work are answered; runs on the event loop. */
    void drain();

    Channel channel();
  }

  private final HttpServerOptions options;
  private final Dispatcher dispatcher;
  private final EventLoopGroup loops;
  private final List<Channel> listeners = new ArrayList<>();
  private final Set<Drainable> connections = ConcurrentHashMap.newKeySet();
  private final Set<Channel> sockets = ConcurrentHashMap.newKeySet();
  private volatile @Nullable SslContext tls;
  private volatile boolean stopping;

  private HttpServer(HttpServerOptions options, HttpHandler handler) {
    this.options = options;
    this.dispatcher = new Dispatcher(handler);
    ServerTls wanted = options.tls();
    this.tls = wanted == null ? null : TlsContexts.server(wanted, options.http2());
    this.loops = NettyRuntime.eventLoops("http", options.eventLoops());
  }

  /**
   * Loads what the first server of a process needs, native libraries above all, so that it can
   * happen beside other work.
   */
  public static void prepare() {
    NettyRuntime.prepare();
    TlsContexts.provider();
  }

  /**
   * Starts to listen.
   *
   * @throws IOException naming the address that could not be had
   * @throws IllegalArgumentException when certificate and key are of no use
   */
  public static HttpServer start(HttpServerOptions options, HttpHandler handler)
      throws IOException {
    HttpServer server = new HttpServer(options, handler);
    try {
      for (SocketAddress address : options.listen()) {
        server.listen(address);
      }
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void listen(SocketAddress address) throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(NettyRuntime.serverChannel(address))
            .option(ChannelOption.ALLOCATOR, NettyRuntime.allocator())
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.ALLOCATOR, NettyRuntime.allocator())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    if (address instanceof InetSocketAddress) {
      bootstrap.option(ChannelOption.SO_REUSEADDR, true);
    }
    var bound = bootstrap.bind(NettyRuntime.nettyAddress(address)).awaitUninterruptibly();
    Throwable cause = bound.cause();
    if (cause != null) {
      throw new BindException(NettyRuntime.text(address) + ": " + NettyRuntime.reason(cause));
    }
    listeners.add(bound.channel());
  }

  private void accept(Channel channel) {
    if (stopping) {
      channel.close();
      return;
    }
    sockets.add(channel);
    channel.closeFuture().addListener(closed -> sockets.remove(channel));
    if (channel instanceof SocketChannel) {
      channel.config().setOption(ChannelOption.TCP_NODELAY, true);
      channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    }
    if (channel instanceof EpollSocketChannel) {
      channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, 30);
      channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, 15);
    }
    ChannelPipeline pipeline = channel.pipeline();
    SslContext context = tls;
    if (context == null) {
      if (options.http2()) {
        pipeline.addLast(new PrefaceDetector(this));
      } else {
        speakHttp1(pipeline);
      }
      return;
    }
    SslHandler handler = context.newHandler(channel.alloc());
    handler.setHandshakeTimeoutMillis(options.headerTimeout().toMillis());
    pipeline.addLast(handler, new Negotiation());
  }

  /** Goes on with what ALPN chose. */
  private final class Negotiation extends ApplicationProtocolNegotiationHandler {

    Negotiation() {
      super(ApplicationProtocolNames.HTTP_1_1);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
      if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        speakHttp2(ctx.pipeline());
      } else {
        speakHttp1(ctx.pipeline());
      }
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  void speakHttp1(ChannelPipeline pipeline) {
    Http1Connection connection = new Http1Connection(this, dispatcher);
    pipeline.addLast(connection.decoder(), connection);
  }

  void speakHttp2(ChannelPipeline pipeline) {
    pipeline.addLast(Http2Connection.create(this, dispatcher));
  }

  HttpServerOptions options() {
    return options;
  }

  void opened(Drainable connection) {
    connections.add(connection);
    if (stopping) {
      connection.drain();
    }
  }

  void gone(Drainable connection) {
    connections.remove(connection);
  }

  /** An upgraded connection is its handler's: it lives until the server closes. */
  void handedOver(Drainable connection) {
    connections.remove(connection);
  }

  /** The addresses it listens on, with the ports that were picked. */
  public List<SocketAddress> addresses() {
    return listeners.stream()
        .map(listener -> NettyRuntime.javaAddress(listener.localAddress()))
        .toList();
  }

  /** The port of the first address. */
  public int port() {
    for (SocketAddress address : addresses()) {
      if (address instanceof InetSocketAddress internet) {
        return internet.getPort();
      }
    }
    throw new IllegalStateException("listens on no port");
  }

  /** The number of open connections. */
  public int connectionCount() {
    return sockets.size();
  }

  /**
   * Uses another certificate and other client authorities for connections from now on.
   *
   * @throws IllegalArgumentException when they are of no use; the old ones stay
   */
  public void reloadTls(ServerTls now) {
    if (tls == null) {
      throw new IllegalStateException("this server speaks plain HTTP");
    }
    tls = TlsContexts.server(now, options.http2());
  }

  /**
   * Stops to listen, lets requests at work finish (HTTP/2 clients get GOAWAY, HTTP/1.1 ones {@code
   * Connection: close}) for at most this long, and closes.
   */
  public void shutdown(Duration grace) {
    stopListening();
    for (Drainable connection : connections) {
      connection.channel().eventLoop().execute(connection::drain);
    }
    long end = System.nanoTime() + grace.toNanos();
    try {
      while (System.nanoTime() < end && (dispatcher.running() > 0 || !connections.isEmpty())) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  private void stopListening() {
    stopping = true;
    for (Channel listener : listeners) {
      SocketAddress address = NettyRuntime.javaAddress(listener.localAddress());
      listener.close().awaitUninterruptibly(1000);
      if (address instanceof UnixDomainSocketAddress unix) {
        try {
          Files.deleteIfExists(unix.getPath());
        } catch (IOException e) {
          // Somebody else's by now: the socket itself is closed.
          continue;
        }
      }
    }
  }

  /** Closes everything at once. */
  @Override
  public void close() {
    stopListening();
    sockets.forEach(Channel::close);
    NettyRuntime.stop(loops);
  }
}
