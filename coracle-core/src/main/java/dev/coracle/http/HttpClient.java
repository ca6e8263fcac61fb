package dev.coracle.http;

import dev.coracle.http.tls.ClientTls;
import io.netty.channel.EventLoopGroup;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The event loops of outgoing connections, and the door to {@link HttpOrigin}s. */
public final class HttpClient implements AutoCloseable {

  private final EventLoopGroup loops;
  private final Duration keepAlive;

  /**
   * @param eventLoops threads that move bytes
   */
  public HttpClient(int eventLoops) {
    this(eventLoops, Duration.ZERO);
  }

  /**
   * @param eventLoops threads that move bytes
   * @param keepAlive period of TCP keep-alive where the system lets us choose; zero for its own
   */
  public HttpClient(int eventLoops, Duration keepAlive) {
    this.loops = NettyRuntime.eventLoops("http-client", eventLoops);
    this.keepAlive = keepAlive;
  }

  /**
   * A server to send requests to. Nothing is connected yet.
   *
   * @param address where it listens; a host name is resolved at each connect; a {@link
   *     java.net.UnixDomainSocketAddress} is allowed
   * @param authority for the Host header, such as {@code example.com:8443}
   * @param tls null for plain HTTP
   * @throws IllegalArgumentException when certificates or keys are of no use
   */
  public HttpOrigin origin(SocketAddress address, String authority, @Nullable ClientTls tls) {
    return new HttpOrigin(loops, address, authority, tls, keepAlive);
  }

  /** Ends every connection. */
  @Override
  public void close() {
    NettyRuntime.stop(loops);
  }
}
