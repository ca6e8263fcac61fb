package dev.coracle.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The server's side of a SPDY/3.1 connection. Pings are answered by themselves. */
public interface SpdySession extends AutoCloseable {

  /**
   * The next stream that the peer opens; waits for it. It must be answered with {@link
   * SpdyStream#reply} or {@link SpdyStream#reset}.
   *
   * @return null when the session is over or the time has passed ({@link #isOpen} tells)
   */
  @Nullable SpdyStream accept(Duration timeout) throws InterruptedException;

  boolean isOpen();

  /** Runs an action once when the connection is over; at once when it is. It must not block. */
  void onClose(Runnable action);

  /** Says GOAWAY and closes the connection, once what was written has been sent. */
  @Override
  void close();
}
