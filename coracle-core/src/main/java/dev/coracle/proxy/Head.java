package dev.coracle.proxy;

import dev.coracle.http.Headers;

/**
 * The head of a message: its first line and fields, read strictly (RFC 9112): lines end with CRLF,
 * names are tokens, nothing is folded.
 */
record Head(String line, Headers fields) {

  static final int MOST_BYTES = 64 * 1024;
  private static final int MOST_FIELDS = 256;

  /** Finds and reads the heads of one connection. */
  static final class Reader {
    private int scanned;

    /**
     * Takes a head from the beginning of the bytes.
     *
     * @return null when it is not there as a whole
     * @throws BadMessageException when it is none, or too large
     */
    @org.jspecify.annotations.Nullable
    Head read(Bytes bytes) throws BadMessageException {
      int end = end(bytes);
      if (end < 0) {
        if (bytes.size() > MOST_BYTES) {
          throw new BadMessageException(431, "");
        }
        return null;
      }
      scanned = 0;
      int lineEnd = lineEnd(bytes, bytes.from, end);
      String line = bytes.latin(bytes.from, lineEnd);
      Headers fields = new Headers();
      for (int from = lineEnd + 2; from < end; from = lineEnd + 2) {
        lineEnd = lineEnd(bytes, from, end);
        if (fields.size() >= MOST_FIELDS) {
          throw new BadMessageException(431, "");
        }
        field(bytes, fields, from, lineEnd);
      }
      bytes.drop(end + 2 - bytes.from);
      return new Head(line, fields);
    }

    /** Where the empty line that ends the head begins; -1 when it is not there yet. */
    private int end(Bytes bytes) throws BadMessageException {
      byte[] array = bytes.array;
      int last = Math.min(bytes.to, bytes.from + MOST_BYTES);
      for (int i = bytes.from + scanned; i < last; i++) {
        if (array[i] != '\n') {
          continue;
        }
        // A client that ends lines so would wait for an answer for ever.
        if (i == bytes.from || array[i - 1] != '\r') {
          throw new BadMessageException(400, "");
        }
        if (i - 3 >= bytes.from && array[i - 2] == '\n') {
          return i - 1;
        }
      }
      scanned = last - bytes.from;
      return -1;
    }
  }

  private static int lineEnd(Bytes bytes, int from, int end) throws BadMessageException {
    byte[] array = bytes.array;
    for (int i = from; i < end; i++) {
      byte b = array[i];
      if (b == '\r' && array[i + 1] == '\n') {
        return i;
      }
      if (b < ' ' && b >= 0 && b != '\t' || b == 0x7f) {
        throw new BadMessageException(400, "");
      }
    }
    throw new BadMessageException(400, "");
  }

  private static void field(Bytes bytes, Headers fields, int from, int end)
      throws BadMessageException {
    byte[] array = bytes.array;
    int colon = from;
    while (colon < end && array[colon] != ':') {
      if (!isToken(array[colon])) {
        throw new BadMessageException(400, "invalid header name");
      }
      colon++;
    }
    if (colon == from || colon == end) {
      throw new BadMessageException(400, "");
    }
    int first = colon + 1;
    int last = end;
    while (first < last && isBlank(array[first])) {
      first++;
    }
    while (last > first && isBlank(array[last - 1])) {
      last--;
    }
    fields.add(bytes.latin(from, colon), bytes.latin(first, last));
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
}
