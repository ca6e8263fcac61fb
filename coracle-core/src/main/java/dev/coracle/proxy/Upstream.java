package dev.coracle.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** One connection to the API server. */
final class Upstream {

  private static final int CONNECT_MILLIS = 10_000;
  private static final int INPUT_BYTES = 16 * 1024;

  private final SocketChannel channel;
  final HttpInput input;
  final HttpOutput output;
  final ApiServer.Identity identity;

  /** When it was last put aside; nanoseconds. */
  long idleSince;

  private Upstream(SocketChannel channel, @Nullable SSLSocket socket, ApiServer.Identity identity)
      throws IOException {
    this.channel = channel;
    this.identity = identity;
    this.input =
        new HttpInput(
            socket == null ? ChannelStreams.input(channel) : socket.getInputStream(), INPUT_BYTES);
    this.output =
        new HttpOutput(socket == null ? ChannelStreams.output(channel) : socket.getOutputStream());
  }

  static Upstream connect(String host, int port, String serverName, ApiServer.Identity identity)
      throws IOException {
    IOException last = null;
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      throw new IOException("dial tcp: lookup " + host + ": no such host", e);
    }
    for (InetAddress address : addresses) {
      SocketChannel channel = SocketChannel.open();
      try {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        channel.socket().connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
        SSLSocketFactory factory = identity.sockets();
        SSLSocket socket =
            factory == null
                ? null
                : handshake(
                    factory, channel, serverName.isEmpty() ? host : serverName, port, identity);
        return new Upstream(channel, socket, identity);
      } catch (IOException e) {
        last = e;
        channel.close();
      }
    }
    throw last == null ? new IOException("lookup " + host + ": no such host") : last;
  }

  private static SSLSocket handshake(
      SSLSocketFactory factory,
      SocketChannel channel,
      String name,
      int port,
      ApiServer.Identity identity)
      throws IOException {
    channel.socket().setSoTimeout(CONNECT_MILLIS);
    SSLSocket socket = (SSLSocket) factory.createSocket(channel.socket(), name, port, true);
    if (!identity.insecure()) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
    }
    socket.startHandshake();
    channel.socket().setSoTimeout(0);
    return socket;
  }

  /** Whether nothing came from an idle connection: anything would be its end. */
  boolean isQuiet() {
    return input.buffered() == 0 && ChannelStreams.peek(channel, ByteBuffer.allocate(1)) == 0;
  }

  /** Ends it at once, whoever reads or writes. */
  void abort() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
      return;
    }
  }
}
