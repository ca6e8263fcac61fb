package dev.coracle.node.runtime;

import java.io.InputStream;
import java.io.OutputStream;

/** The streams of an exec or attach, and its end. With a terminal everything comes on stdout. */
public interface ContainerStream extends AutoCloseable {

  OutputStream stdin();

  InputStream stdout();

  InputStream stderr();

  /** Sets the terminal's size; does nothing without one. */
  void resize(int columns, int rows);

  /** Waits for the end of the process; gives its exit code (128 + signal for a killed one). */
  int await() throws InterruptedException;

  /** Ends it: an exec's process is killed, an attach is detached. */
  @Override
  void close();
}
