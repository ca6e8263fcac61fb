package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Buffered bytes of one direction of a connection, and the strict reading of heads and chunk sizes
 * from them (RFC 9112): lines end with CRLF, names are tokens, nothing is folded.
 */
final class HttpInput {

  private static final int MOST_HEAD_BYTES = 64 * 1024;
  private static final int MOST_FIELDS = 256;
  private static final int MOST_CHUNK_LINE = 1024;

  private final InputStream source;
  private final int size;

  /** Held by whoever reads from the source or moves the buffered bytes. */
  final ReentrantLock lock = new ReentrantLock();

  byte[] buffer;
  int position;
  int limit;

  HttpInput(InputStream source, int size) {
    this.source = source;
    this.size = size;
    this.buffer = new byte[size];
  }

  int buffered() {
    return limit - position;
  }

  /**
   * Waits for more bytes.
   *
   * @return false at the end
   */
  boolean fill() throws IOException {
    lock.lock();
    try {
      if (position == limit) {
        position = 0;
        limit = 0;
        if (buffer.length > size) {
          buffer = new byte[size];
        }
      } else if (limit == buffer.length) {
        if (position > 0) {
          System.arraycopy(buffer, position, buffer, 0, limit - position);
          limit -= position;
          position = 0;
        } else {
          buffer = Arrays.copyOf(buffer, buffer.length * 2);
        }
      }
      int read = source.read(buffer, limit, buffer.length - limit);
      if (read < 0) {
        return false;
      }
      limit += read;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads a start line and its fields, which are added to the given ones.
   *
   * @return the start line; null at the end of the connection
   */
  @Nullable String readHead(Headers fields) throws IOException {
    int blank = 0;
    while (true) {
      if (buffered() == 0 && !fill()) {
        return null;
      }
      // One empty line may stand before a request (RFC 9112, 2.2).
      if (blank < 2 && buffer[position] == (blank == 0 ? '\r' : '\n')) {
        position++;
        blank++;
        continue;
      }
      break;
    }
    int end = headEnd();
    int lineEnd = endOfLine(position, end);
    String start = text(position, lineEnd);
    int from = lineEnd + 2;
    while (from < end) {
      lineEnd = endOfLine(from, end);
      if (fields.size() >= MOST_FIELDS) {
        throw new BadMessageException(431, "too many header fields");
      }
      field(fields, from, lineEnd);
      from = lineEnd + 2;
    }
    position = end + 2;
    return start;
  }

  /** Where the empty line that ends the head begins. */
  private int headEnd() throws IOException {
    int scanned = 0;
    while (true) {
      for (int i = position + scanned; i + 3 < limit; i++) {
        if (buffer[i + 3] == '\n'
            && buffer[i + 2] == '\r'
            && buffer[i + 1] == '\n'
            && buffer[i] == '\r') {
          return i + 2;
        }
      }
      scanned = Math.max(0, limit - position - 3);
      if (limit - position > MOST_HEAD_BYTES) {
        throw new BadMessageException(431, "the head is too large");
      }
      if (!fill()) {
        throw new EOFException("unexpected EOF");
      }
    }
  }

  private int endOfLine(int from, int end) throws BadMessageException {
    for (int i = from; i < end; i++) {
      byte b = buffer[i];
      if (b == '\r' && buffer[i + 1] == '\n') {
        return i;
      }
      if (b < ' ' && b >= 0 && b != '\t' || b == 0x7f) {
        throw new BadMessageException(400, "a control character in the head");
      }
    }
    throw new BadMessageException(400, "a line without its end");
  }

  private void field(Headers fields, int from, int end) throws BadMessageException {
    int colon = from;
    while (colon < end && buffer[colon] != ':') {
      if (!isToken(buffer[colon])) {
        throw new BadMessageException(400, "a malformed header field");
      }
      colon++;
    }
    if (colon == from || colon == end) {
      throw new BadMessageException(400, "a malformed header field");
    }
    int first = colon + 1;
    int last = end;
    while (first < last && isBlank(buffer[first])) {
      first++;
    }
    while (last > first && isBlank(buffer[last - 1])) {
      last--;
    }
    fields.add(text(from, colon), text(first, last));
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  static boolean isToken(int b) {
    return b >= 'a' && b <= 'z'
        || b >= 'A' && b <= 'Z'
        || b >= '0' && b <= '9'
        || b > 0 && "!#$%&'*+-.^_`|~".indexOf(b) >= 0;
  }

  private String text(int from, int to) {
    return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** A chunk's size line; its extensions are passed over. */
  long readChunkSize() throws IOException {
    long value = 0;
    int digits = 0;
    int length = 0;
    boolean inExtension = false;
    while (true) {
      int b = next();
      if (++length > MOST_CHUNK_LINE) {
        throw new BadMessageException(400, "a malformed chunk");
      }
      if (b == '\r') {
        expect('\n');
        if (digits == 0) {
          throw new BadMessageException(400, "a malformed chunk");
        }
        return value;
      }
      if (inExtension) {
        if (b < ' ' && b != '\t' || b == 0x7f) {
          throw new BadMessageException(400, "a malformed chunk");
        }
        continue;
      }
      int digit = Character.digit((char) b, 16);
      if (digit >= 0 && b < 0x80 && digits < 15) {
        value = value << 4 | digit;
        digits++;
      } else if (digits > 0 && b == ';') {
        inExtension = true;
      } else {
        throw new BadMessageException(400, "a malformed chunk");
      }
    }
  }

  void readLineEnd() throws IOException {
    expect('\r');
    expect('\n');
  }

  /** Passes over the trailer fields behind the last chunk. */
  void skipTrailers() throws IOException {
    int total = 0;
    while (true) {
      int length = 0;
      int b = next();
      while (b != '\r') {
        if (b == '\n' || ++total > MOST_HEAD_BYTES) {
          throw new BadMessageException(400, "malformed trailers");
        }
        length++;
        b = next();
      }
      expect('\n');
      if (length == 0) {
        return;
      }
    }
  }

  private void expect(int wanted) throws IOException {
    if (next() != wanted) {
      throw new BadMessageException(400, "a malformed chunk");
    }
  }

  private int next() throws IOException {
    if (position == limit && !fill()) {
      throw new EOFException("unexpected EOF");
    }
    return buffer[position++] & 0xff;
  }
}
