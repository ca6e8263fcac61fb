package dev.coracle.http;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket (RFC 6455), server or client side. Pings are answered by themselves and fragments are
 * joined. Any number of threads may send; one may receive.
 */
public interface WebSocketSession extends AutoCloseable {

  /** A message from the peer. */
  record Message(boolean text, byte[] data) {}

  /** The negotiated subprotocol; empty for none. */
  String subprotocol();

  /**
   * The next message; waits for it.
   *
   * @return null when the peer closed the session or is gone
   */
  @Nullable Message receive() throws InterruptedException;

  /** Sends a binary message made of these arrays; waits while the peer is slow. No copy is made. */
  void sendBinary(byte[]... shared) throws IOException;

  /** Sends a text message that is UTF-8 already; waits while the peer is slow. */
  void sendText(byte[]... shared) throws IOException;

  boolean isOpen();

  /** Runs an action once when the connection is over; at once when it is. It must not block. */
  void onClose(Runnable action);

  /** Sends a close frame and ends the connection when the peer has answered, or after a second. */
  void close(int code, String reason);

  /** Closes with 1000. */
  @Override
  default void close() {
    close(1000, "");
  }
}
