package dev.coracle.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Raw bytes in both directions, blocking and with back-pressure. */
public interface ByteTunnel extends AutoCloseable {

  /** What the peer sends; at its end, -1. */
  InputStream input();

  /**
   * To the peer; sent at once, and waits while the peer is slow. Closing it ends this direction.
   */
  OutputStream output();

  boolean isOpen();

  /** Runs an action once when the connection is over; at once when it is. It must not block. */
  void onClose(Runnable action);

  /** Closes both directions. */
  @Override
  void close();

  /**
   * Copies bytes both ways until both directions have ended or one of them broke, and closes both
   * tunnels.
   */
  static void join(ByteTunnel left, ByteTunnel right) {
    Thread back = Thread.ofVirtual().name("tunnel").start(() -> TunnelCopy.copy(right, left));
    TunnelCopy.copy(left, right);
    try {
      back.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      left.close();
      right.close();
    }
  }

  /** One direction of {@link #join}. */
  final class TunnelCopy {
    private TunnelCopy() {}

    private static void copy(ByteTunnel from, ByteTunnel to) {
      byte[] buffer = new byte[16 * 1024];
      try {
        for (int n = from.input().read(buffer); n >= 0; n = from.input().read(buffer)) {
          to.output().write(buffer, 0, n);
        }
        to.output().close();
        from.onClose(to::close);
      } catch (IOException e) {
        from.close();
        to.close();
      }
    }
  }
}
