package dev.coracle.apiserver.door;

import dev.coracle.http.BodyStream;
import java.io.IOException;
import java.io.OutputStream;

/** Gathers small pieces into large arrays for a {@link BodyStream}, which takes them over. */
final class ChunkedOutput {

  private final BodyStream body;
  private final int size;
  private byte[] chunk;
  private int used;

  ChunkedOutput(BodyStream body, int size) {
    this.body = body;
    this.size = size;
    this.chunk = new byte[size];
  }

  void write(byte[] bytes, int offset, int length) throws IOException {
    int from = offset;
    int left = length;
    while (left > 0) {
      int count = Math.min(left, size - used);
      System.arraycopy(bytes, from, chunk, used, count);
      used += count;
      from += count;
      left -= count;
      if (used == size) {
        body.write(chunk);
        chunk = new byte[size];
        used = 0;
      }
    }
  }

  void flush() throws IOException {
    if (used > 0) {
      body.write(java.util.Arrays.copyOf(chunk, used));
      used = 0;
    }
  }

  /** A stream whose close writes what is left and leaves the body open. */
  OutputStream asOutputStream() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        ChunkedOutput.this.write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        ChunkedOutput.this.write(bytes, offset, length);
      }

      @Override
      public void close() throws IOException {
        ChunkedOutput.this.flush();
      }
    };
  }
}
