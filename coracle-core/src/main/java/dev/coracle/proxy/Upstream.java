package dev.coracle.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/** One connection to the API server: opened for a request, and kept for others. */
final class Upstream extends Connection {

  private static final long DIAL_NANOS = 30_000_000_000L;
  private static final long HANDSHAKE_NANOS = 10_000_000_000L;

  private final ApiServer server;
  final ApiServer.Identity identity;
  private final Duration keepAlive;
  private InetAddress[] addresses = new InetAddress[0];
  private int next;
  private boolean opening = true;
  private boolean shaking;

  /** Whose requests it carries; null while it is kept. */
  private @Nullable ClientConnection user;

  /** When it was last put aside; nanoseconds. */
  long idleSince;

  Upstream(
      ApiServer server, ApiServer.Identity identity, Duration keepAlive, ClientConnection user) {
    super(server.loop());
    this.server = server;
    this.identity = identity;
    this.keepAlive = keepAlive;
    this.user = user;
  }

  /** Whether it cannot be written to yet. */
  boolean isOpening() {
    return opening;
  }

  void use(@Nullable ClientConnection now) {
    user = now;
  }

  /** Tries the addresses one after the other. */
  void dial(InetAddress[] all) {
    addresses = all;
    next = 0;
    dialNext("no such host");
  }

  void unknownHost() {
    broke("dial tcp: lookup " + server.host() + ": no such host");
    tellUser();
  }

  private void dialNext(String why) {
    String failed = why;
    while (next < addresses.length) {
      InetSocketAddress address = new InetSocketAddress(addresses[next++], server.port());
      try {
        SocketChannel socket = SocketChannel.open();
        channel = socket;
        socket.configureBlocking(false);
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        keepAlive(socket);
        deadline = System.nanoTime() + DIAL_NANOS;
        key = loop.register(socket, SelectionKey.OP_CONNECT, this);
        if (socket.connect(address)) {
          connected(socket);
        }
        return;
      } catch (IOException e) {
        failed = "dial tcp " + ApiServer.text(address) + ": connect: " + text(e);
        closeChannel();
      }
    }
    broke(failed);
    tellUser();
  }

  private void keepAlive(SocketChannel socket) throws IOException {
    socket.setOption(StandardSocketOptions.SO_KEEPALIVE, !keepAlive.isNegative());
    if (!keepAlive.isNegative()
        && socket.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
      int seconds = (int) Math.clamp(keepAlive.toSeconds(), 1, 32_767);
      socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, seconds);
      socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, seconds);
    }
  }

  private void connected(SocketChannel socket) throws IOException {
    SSLContext context = identity.context();
    await(true);
    if (context == null) {
      open();
      return;
    }
    String name = server.serverName();
    SSLEngine engine = context.createSSLEngine(name, server.port());
    engine.setUseClientMode(true);
    if (!identity.insecure()) {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
    }
    deadline = System.nanoTime() + HANDSHAKE_NANOS;
    shaking = true;
    tls = new Tls(engine, loop.pool);
    shake(socket);
  }

  private void shake(SocketChannel socket) {
    Tls layer = tls;
    if (layer == null) {
      return;
    }
    try {
      boolean done = layer.handshake(socket, in, out);
      flush();
      await(true);
      if (isDeaf()) {
        tellUser();
      } else if (done) {
        open();
      }
    } catch (IOException e) {
      broke(handshakeFailure(e));
      closeChannel();
      tellUser();
    }
  }

  private static String handshakeFailure(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        String message = String.valueOf(e.getMessage());
        return "tls: failed to verify certificate: x509: "
            + (message.contains("unable to find valid certification path")
                ? "certificate signed by unknown authority"
                : message);
      }
    }
    return text(e);
  }

  private void open() {
    opening = false;
    shaking = false;
    deadline = 0;
    addresses = new InetAddress[0];
    tellUser();
  }

  private void tellUser() {
    ClientConnection waiting = user;
    if (waiting != null) {
      waiting.advance();
    }
  }

  @Override
  public void ready(SelectionKey selected) {
    SocketChannel socket = channel;
    if (!opening || socket == null) {
      super.ready(selected);
    } else if (shaking) {
      shake(socket);
    } else {
      try {
        if (socket.finishConnect()) {
          connected(socket);
        }
      } catch (IOException e) {
        String why =
            "dial tcp "
                + ApiServer.text(new InetSocketAddress(addresses[next - 1], server.port()))
                + ": connect: "
                + text(e);
        closeChannel();
        dialNext(why);
      }
    }
  }

  @Override
  public void advance() {
    ClientConnection current = user;
    if (current != null) {
      current.advance();
    } else if (fill() != 0) {
      // Kept, and nothing was asked: whatever comes is its end.
      close();
    }
  }

  @Override
  public void tick(long now) {
    if (deadline != 0 && now - deadline > 0) {
      broke(shaking ? "net/http: TLS handshake timeout" : "dial tcp " + where() + ": i/o timeout");
      closeChannel();
      tellUser();
    } else if (user == null && now - idleSince > ApiServer.IDLE_NANOS) {
      close();
    }
  }

  private String where() {
    return ApiServer.text(new InetSocketAddress(addresses[next - 1], server.port()));
  }

  /** The client that it serves is asked instead. */
  @Override
  public long waitingSince() {
    return user == null ? heldSince() : Long.MAX_VALUE;
  }

  long heldSince() {
    Tls layer = tls;
    return layer != null && layer.holds() ? movedAt() : super.waitingSince();
  }

  @Override
  public void close() {
    user = null;
    server.forget(this);
    closeChannel();
  }
}
