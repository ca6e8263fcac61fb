package dev.coracle.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;

/** A channel as two streams. It may be made non-blocking for a moment, while nobody reads. */
final class ChannelStreams {

  private ChannelStreams() {}

  static InputStream input(SocketChannel channel) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        return channel.read(ByteBuffer.wrap(bytes, offset, length));
      }
    };
  }

  static OutputStream output(SocketChannel channel) {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes, offset, length);
        while (left.hasRemaining()) {
          if (channel.write(left) == 0) {
            Thread.onSpinWait();
          }
        }
      }
    };
  }

  /**
   * Reads what is there without waiting.
   *
   * @return as {@link SocketChannel#read}: -1 at the end, 0 for nothing yet
   */
  static int peek(SocketChannel channel, ByteBuffer into) {
    try {
      channel.configureBlocking(false);
      try {
        return channel.read(into);
      } finally {
        channel.configureBlocking(true);
      }
    } catch (ClosedChannelException e) {
      return -1;
    } catch (IOException e) {
      return -1;
    }
  }
}
