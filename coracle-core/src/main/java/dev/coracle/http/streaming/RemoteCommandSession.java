package dev.coracle.http.streaming;

import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of an exec or attach. Streams that the client did not ask for are absent: {@link
 * #stdin} is at its end, what is written to {@link #stdout} and {@link #stderr} is dropped.
 */
public interface RemoteCommandSession {

  /** Ends (-1) when the client closes its half, or is gone. */
  InputStream stdin();

  /** Waits while the client is slow; an IOException means that it is gone. */
  OutputStream stdout();

  /** As {@link #stdout}; nothing comes here with a TTY. */
  OutputStream stderr();

  /**
   * The next change of the client's terminal; waits for it.
   *
   * @return null when there will be no more
   */
  @Nullable TerminalSize nextResize() throws InterruptedException;

  boolean isOpen();

  /** Runs an action once when the client is gone; at once when it is. It must not block. */
  void onClose(Runnable action);
}
