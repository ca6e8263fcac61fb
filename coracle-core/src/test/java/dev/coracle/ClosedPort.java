package dev.coracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of the loopback where connections are refused for as long as this is open: it is taken, so
 * that nobody else on this machine gets it, and nobody listens. (A port that was freed a moment ago
 * is somebody else's the next.)
 */
public final class ClosedPort implements AutoCloseable {

  private final Socket taken = new Socket();

  public ClosedPort() {
    try {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int number() {
    return taken.getLocalPort();
  }

  @Override
  public void close() {
    try {
      taken.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
