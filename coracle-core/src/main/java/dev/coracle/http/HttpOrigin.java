package dev.coracle.http;

import dev.coracle.http.tls.ClientTls;
import dev.coracle.http.tls.TlsContexts;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One server, and the HTTP/1.1 connections to it. Idle connections are kept for the next requests.
 * Calls block; use virtual threads.
 */
public final class HttpOrigin implements AutoCloseable {

  private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
  private static final int MOST_IDLE = 64;
  private static final long IDLE_NANOS = Duration.ofSeconds(60).toNanos();
  private static final Set<String> REPEATABLE =
      Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE");

  private final EventLoopGroup loops;
  private final SocketAddress address;
  private final String authority;
  private final @Nullable SslContext tls;
  private final String tlsHost;
  private final int tlsPort;
  private final int keepAliveSeconds;
  private final ArrayDeque<ClientConnection> idle = new ArrayDeque<>();
  private volatile boolean closed;

  HttpOrigin(
      EventLoopGroup loops,
      SocketAddress address,
      String authority,
      @Nullable ClientTls tls,
      Duration keepAlive) {
    this.keepAliveSeconds = (int) keepAlive.toSeconds();
    this.loops = loops;
    this.address = address;
    this.authority = authority;
    this.tls = tls == null ? null : TlsContexts.client(tls);
    String host = address instanceof InetSocketAddress internet ? internet.getHostString() : "";
    this.tlsHost = tls != null && !tls.serverName().isEmpty() ? tls.serverName() : host;
    this.tlsPort = address instanceof InetSocketAddress internet ? internet.getPort() : 0;
  }

  public String authority() {
    return authority;
  }

  /**
   * Sends a request and waits for the head of its answer, however long that takes.
   *
   * @throws java.net.ConnectException when no connection could be made
   * @throws IOException when it broke
   */
  public ClientResponse send(ClientRequest request) throws IOException {
    return send(request, Duration.ZERO);
  }

  /**
   * Sends a request and waits for the head of its answer.
   *
   * @param timeout for the answer's head; zero for none
   * @throws java.net.SocketTimeoutException when it has passed
   */
  public ClientResponse send(ClientRequest request, Duration timeout) throws IOException {
    boolean repeatable = request.body() == null && REPEATABLE.contains(request.method());
    ClientConnection connection = repeatable ? takeIdle() : takeFresh();
    if (connection != null) {
      try {
        return connection.send(request, timeout);
      } catch (ClientConnection.StaleException e) {
        if (!repeatable) {
          throw e;
        }
      }
    }
    return connect().send(request, timeout);
  }

  /** A request that cannot be sent twice takes only a connection that was in use just now. */
  private @Nullable ClientConnection takeFresh() {
    ClientConnection connection = takeIdle();
    if (connection == null || System.nanoTime() - connection.idleSince() < 1_000_000_000L) {
      return connection;
    }
    connection.close();
    return null;
  }

  private @Nullable ClientConnection takeIdle() {
    while (true) {
      ClientConnection connection;
      synchronized (idle) {
        connection = idle.pollLast();
      }
      if (connection == null) {
        return null;
      }
      if (connection.isActive() && System.nanoTime() - connection.idleSince() < IDLE_NANOS) {
        return connection;
      }
      connection.close();
    }
  }

  /** The connection's exchange is over and another may follow. */
  void release(ClientConnection connection) {
    ClientConnection surplus = null;
    synchronized (idle) {
      idle.addLast(connection);
      if (idle.size() > MOST_IDLE) {
        surplus = idle.pollFirst();
      }
    }
    if (surplus != null) {
      surplus.close();
    }
    if (closed) {
      close();
    }
  }

  void forget(ClientConnection connection) {
    synchronized (idle) {
      idle.remove(connection);
    }
  }

  private ClientConnection connect() throws IOException {
    if (closed) {
      throw new ConnectException("the client is closed");
    }
    SocketAddress where = resolve();
    ClientConnection connection = new ClientConnection(this);
    ChannelFuture connecting =
        NettyRuntime.bootstrap(loops, where)
            .option(ChannelOption.ALLOCATOR, NettyRuntime.allocator())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    initialize(channel, connection);
                  }
                })
            .connect();
    try {
      connecting.await();
      if (!connecting.isSuccess()) {
        throw refused(connecting.cause());
      }
      SslHandler handler = connecting.channel().pipeline().get(SslHandler.class);
      if (handler != null && !handler.handshakeFuture().await().isSuccess()) {
        throw refused(handler.handshakeFuture().cause());
      }
    } catch (InterruptedException e) {
      connecting.channel().close();
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while connecting");
    }
    return connection;
  }

  private SocketAddress resolve() throws UnknownHostException {
    if (!(address instanceof InetSocketAddress internet) || !internet.isUnresolved()) {
      return address;
    }
    InetSocketAddress resolved =
        new InetSocketAddress(internet.getHostString(), internet.getPort());
    if (resolved.isUnresolved()) {
      throw new UnknownHostException(internet.getHostString() + ": no such host");
    }
    return resolved;
  }

  private ConnectException refused(@Nullable Throwable cause) {
    String why = cause == null ? "cancelled" : NettyRuntime.reason(cause);
    ConnectException refused =
        new ConnectException("connect to " + NettyRuntime.text(address) + ": " + why);
    refused.initCause(cause);
    return refused;
  }

  private void initialize(Channel channel, ClientConnection connection) {
    if (channel instanceof SocketChannel) {
      channel.config().setOption(ChannelOption.TCP_NODELAY, true);
      channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    }
    if (keepAliveSeconds > 0 && channel instanceof EpollSocketChannel) {
      channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, keepAliveSeconds);
      channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, keepAliveSeconds);
    }
    SslContext context = tls;
    if (context != null) {
      SslHandler handler = context.newHandler(channel.alloc(), tlsHost, tlsPort);
      handler.setHandshakeTimeoutMillis(CONNECT_TIMEOUT_MILLIS);
      channel.pipeline().addLast(handler);
    }
    channel.pipeline().addLast(connection.decoder(), connection);
  }

  /** Ends idle connections; those in use end after their exchange. */
  @Override
  public void close() {
    closed = true;
    while (true) {
      ClientConnection connection;
      synchronized (idle) {
        connection = idle.pollLast();
      }
      if (connection == null) {
        return;
      }
      connection.close();
    }
  }
}
