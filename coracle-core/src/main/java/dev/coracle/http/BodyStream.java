package dev.coracle.http;

import java.io.IOException;
import java.io.OutputStream;

/** The body of an answer or a request, written bit by bit. One writer at a time. */
public interface BodyStream extends AutoCloseable {

  /**
   * Sends bytes, and waits while too many are on their way to a slow peer. The arrays are not
   * copied: nobody may change them any more. Small writes are sent at once.
   *
   * @throws IOException when the peer is gone
   */
  void write(byte[]... shared) throws IOException;

  /**
   * Lets fewer bytes than usual be on their way, for bodies that many peers may leave unread for
   * long.
   */
  void keepShort();

  /** Whether the peer still listens. */
  boolean isOpen();

  /** Ends the body properly. Nothing happens when it has ended. */
  @Override
  void close();

  /** Ends the body so that the peer sees an incomplete message. */
  void abort();

  /** This stream with the contract of {@link OutputStream}: it copies what is written. */
  default OutputStream asOutputStream() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        BodyStream.this.write(new byte[] {(byte) b});
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > 0) {
          BodyStream.this.write(java.util.Arrays.copyOfRange(bytes, offset, offset + length));
        }
      }

      @Override
      public void close() {
        BodyStream.this.close();
      }
    };
  }
}
