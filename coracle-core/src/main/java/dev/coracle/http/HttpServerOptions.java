package dev.coracle.http;

import dev.coracle.http.tls.ServerTls;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server listens and what it bears.
 *
 * @param listen addresses; port 0 picks one; a {@link java.net.UnixDomainSocketAddress} is allowed
 * @param tls null for plain HTTP
 * @param http2 whether HTTP/2 is offered (by ALPN; over plain connections by prior knowledge)
 * @param eventLoops threads that move bytes
 * @param maxHeaderBytes of a request's head; 431 above
 * @param maxRequestLineBytes of HTTP/1.1; 414 above
 * @param maxStreams concurrent HTTP/2 streams of one connection
 * @param headerTimeout for TLS handshake and for one request's head to arrive
 * @param idleTimeout for a connection without requests
 */
public record HttpServerOptions(
    List<SocketAddress> listen,
    @Nullable ServerTls tls,
    boolean http2,
    int eventLoops,
    int maxHeaderBytes,
    int maxRequestLineBytes,
    int maxStreams,
    Duration headerTimeout,
    Duration idleTimeout) {

  public HttpServerOptions {
    listen = List.copyOf(listen);
  }

  /** Listens on these addresses with the usual limits. */
  public static HttpServerOptions of(@Nullable ServerTls tls, SocketAddress... listen) {
    return new HttpServerOptions(
        List.of(listen),
        tls,
        true,
        2,
        64 * 1024,
        16 * 1024,
        1000,
        Duration.ofSeconds(30),
        Duration.ofSeconds(180));
  }

  /** Listens on a loopback port that the system picks. */
  public static HttpServerOptions loopback(@Nullable ServerTls tls) {
    return of(tls, new InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), 0));
  }

  public HttpServerOptions withEventLoops(int count) {
    return new HttpServerOptions(
        listen,
        tls,
        http2,
        count,
        maxHeaderBytes,
        maxRequestLineBytes,
        maxStreams,
        headerTimeout,
        idleTimeout);
  }

  public HttpServerOptions withTimeouts(Duration header, Duration idle) {
    return new HttpServerOptions(
        listen,
        tls,
        http2,
        eventLoops,
        maxHeaderBytes,
        maxRequestLineBytes,
        maxStreams,
        header,
        idle);
  }
}
