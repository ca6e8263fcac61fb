package dev.coracle.node.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A TCP connection into a sandbox. */
public interface PortConnection extends AutoCloseable {

  InputStream input();

  OutputStream output();

  @Override
  void close() throws IOException;
}
