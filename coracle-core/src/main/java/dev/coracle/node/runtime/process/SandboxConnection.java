package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.SystemCall;
import dev.coracle.node.runtime.PortConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;

/** A connection to the loopback of a network namespace. */
final class SandboxConnection implements PortConnection {

  private final SocketChannel channel;

  private SandboxConnection(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * A socket belongs to the namespace in which it is made, so only the making needs a thread that
   * visits it.
   *
   * @param namespace a file that holds it; empty for the host's
   */
  static SandboxConnection open(String namespace, int port) throws IOException {
    SocketChannel channel =
        namespace.isEmpty() ? SocketChannel.open(StandardProtocolFamily.INET) : visit(namespace);
    try {
      channel.connect(
          new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
      return new SandboxConnection(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static SocketChannel visit(String namespace) throws IOException {
    // Made once outside: no class is loaded for the first time in there.
    SocketChannel.open(StandardProtocolFamily.INET).close();
    int there = Linux.open(namespace, Constants.O_RDONLY);
    SocketChannel[] made = new SocketChannel[1];
    IOException[] failed = new IOException[1];
    Thread visitor =
        Thread.ofPlatform()
            .name("coracle-port")
            .start(
                () -> {
                  try {
                    if (Linux.call(SystemCall.SETNS, there, Constants.CLONE_NEWNET) == 0) {
                      made[0] = SocketChannel.open(StandardProtocolFamily.INET);
                    }
                  } catch (IOException e) {
                    failed[0] = e;
                  }
                });
    try {
      visitor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Linux.close(there);
    }
    if (made[0] == null) {
      throw failed[0] == null ? new IOException("the Pod's network is gone") : failed[0];
    }
    return made[0];
  }

  @Override
  public InputStream input() {
    return java.nio.channels.Channels.newInputStream(channel);
  }

  @Override
  public OutputStream output() {
    return java.nio.channels.Channels.newOutputStream(channel);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
