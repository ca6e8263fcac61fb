package dev.coracle.http;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * An answer, as it arrives. Its connection is free for the next request when the body was read to
 * its end; closing before that ends the connection.
 */
public interface ClientResponse extends AutoCloseable {

  int status();

  Headers headers();

  /** The body; the server is held back while it is not read. */
  InputStream body();

  /** The next bytes of the body as they arrived, without a copy; null at its end. */
  byte @Nullable [] readChunk() throws IOException;

  /**
   * The whole body.
   *
   * @throws BodyTooLargeException when it is longer than {@code limit} bytes
   */
  byte[] readBody(int limit) throws IOException;

  /**
   * The raw bytes behind a 101; null for every other status. The connection belongs to the tunnel.
   */
  @Nullable ByteTunnel tunnel();

  /** Ends the connection if the body is not at its end; from any thread. */
  @Override
  void close();
}
