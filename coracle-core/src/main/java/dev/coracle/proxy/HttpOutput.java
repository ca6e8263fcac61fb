package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;

/** Buffered writing of heads and bodies to one direction of a connection. */
final class HttpOutput {

  private static final int SIZE = 8 * 1024;

  /** A body's length when it comes in chunks. */
  static final long CHUNKED = -1;

  /** A body's length when the connection's end is its end. */
  static final long UNTIL_CLOSE = -2;

  private final OutputStream sink;
  private final byte[] buffer = new byte[SIZE];
  private int filled;

  HttpOutput(OutputStream sink) {
    this.sink = sink;
  }

  HttpOutput text(String text) throws IOException {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      if (filled == SIZE) {
        flush();
      }
      buffer[filled++] = (byte) text.charAt(i);
    }
    return this;
  }

  void field(String name, String value) throws IOException {
    text(name).text(": ").text(value).text("\r\n");
  }

  void fields(Headers headers) throws IOException {
    for (int i = 0; i < headers.size(); i++) {
      field(headers.nameAt(i), headers.valueAt(i));
    }
  }

  void write(byte[] bytes, int from, int length) throws IOException {
    if (length > SIZE - filled) {
      flush();
    }
    if (length >= SIZE) {
      sink.write(bytes, from, length);
      return;
    }
    System.arraycopy(bytes, from, buffer, filled, length);
    filled += length;
  }

  void flush() throws IOException {
    if (filled > 0) {
      int length = filled;
      filled = 0;
      sink.write(buffer, 0, length);
    }
  }

  /**
   * Passes a body on as it comes: what was read is written before more is waited for.
   *
   * @param length of the body as it is read, or {@link #CHUNKED} or {@link #UNTIL_CLOSE}
   * @param chunked whether to write chunks
   */
  void relay(HttpInput input, long length, boolean chunked) throws IOException {
    if (length == CHUNKED) {
      for (long size = sizeOf(input); size > 0; size = sizeOf(input)) {
        copy(input, size, chunked);
        input.readLineEnd();
      }
      input.skipTrailers();
    } else if (length == UNTIL_CLOSE) {
      while (await(input)) {
        piece(input, input.buffered(), chunked);
      }
    } else {
      copy(input, length, chunked);
    }
    if (chunked) {
      text("0\r\n\r\n");
    }
    flush();
  }

  private long sizeOf(HttpInput input) throws IOException {
    // A chunk's line mostly comes whole, with its data.
    if (input.buffered() <= 2) {
      flush();
    }
    return input.readChunkSize();
  }

  private boolean await(HttpInput input) throws IOException {
    if (input.buffered() > 0) {
      return true;
    }
    flush();
    return input.fill();
  }

  private void copy(HttpInput input, long length, boolean chunked) throws IOException {
    long left = length;
    while (left > 0) {
      if (!await(input)) {
        throw new EOFException("unexpected EOF");
      }
      int part = (int) Math.min(left, input.buffered());
      piece(input, part, chunked);
      left -= part;
    }
  }

  private void piece(HttpInput input, int length, boolean chunked) throws IOException {
    if (chunked) {
      text(Integer.toHexString(length)).text("\r\n");
    }
    write(input.buffer, input.position, length);
    input.position += length;
    if (chunked) {
      text("\r\n");
    }
  }
}
