package dev.coracle.proxy;

/** How far a body has been read, whatever gives its length. */
final class Body {

  /** A length that the chunks give. */
  static final long CHUNKED = -1;

  /** A length that the connection's end gives. */
  static final long UNTIL_CLOSE = -2;

  private static final int MOST_LINE_BYTES = 1024;
  private static final int MOST_TRAILER_BYTES = 16 * 1024;

  /** What comes next of a chunked body. */
  private enum Part {
    SIZE,
    EXTENSION,
    SIZE_END,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER,
    TRAILER_LF,
    LAST_LF
  }

  private final long length;

  /** Of the whole body or the chunk. */
  private long left;

  private Part part = Part.SIZE;
  private int digits;
  private int passed;
  private boolean ended;

  /**
   * @param length in bytes, or {@link #CHUNKED} or {@link #UNTIL_CLOSE}
   */
  Body(long length) {
    this.length = length;
    this.left = Math.max(0, length);
    this.ended = length == 0;
  }

  boolean isAtEnd() {
    return ended;
  }

  /**
   * The connection ended.
   *
   * @return whether that is the body's end too; else it is cut
   */
  boolean connectionEnded() {
    ended = ended || length == UNTIL_CLOSE;
    return ended;
  }

  /**
   * Passes over the frame.
   *
   * @return how many bytes of the body stand at the beginning; 0 for none yet, or none any more
   * @throws BadMessageException when the frame is broken
   */
  int available(Bytes bytes) throws BadMessageException {
    if (length == UNTIL_CLOSE) {
      return bytes.size();
    }
    if (length == CHUNKED) {
      while (!ended && part != Part.DATA && !bytes.isEmpty()) {
        step(bytes.array[bytes.from] & 0xff);
        bytes.drop(1);
      }
      if (part != Part.DATA) {
        return 0;
      }
    }
    return (int) Math.min(left, bytes.size());
  }

  /** So many of the available bytes were taken. */
  void taken(int count) {
    if (length == UNTIL_CLOSE) {
      return;
    }
    left -= count;
    if (left == 0) {
      ended = length != CHUNKED;
      part = Part.DATA_CR;
    }
  }

  private void step(int b) throws BadMessageException {
    switch (part) {
      case SIZE -> size(b);
      case EXTENSION -> {
        if (++passed > MOST_LINE_BYTES || b < ' ' && b != '\t' && b != '\r' || b == 0x7f) {
          throw malformed();
        }
        if (b == '\r') {
          part = Part.SIZE_END;
        }
      }
      case SIZE_END -> {
        expect(b, '\n');
        part = left == 0 ? Part.TRAILER_START : Part.DATA;
        digits = 0;
        passed = 0;
      }
      case DATA_CR -> {
        expect(b, '\r');
        part = Part.DATA_LF;
      }
      case DATA_LF -> {
        expect(b, '\n');
        part = Part.SIZE;
      }
      case TRAILER_START -> part = b == '\r' ? Part.LAST_LF : trailer(b);
      case TRAILER -> part = b == '\r' ? Part.TRAILER_LF : trailer(b);
      case TRAILER_LF -> {
        expect(b, '\n');
        part = Part.TRAILER_START;
      }
      case LAST_LF -> {
        expect(b, '\n');
        ended = true;
      }
      case DATA -> throw new IllegalStateException("data is no part of the frame");
    }
  }

  private void size(int b) throws BadMessageException {
    int digit = b < 0x80 ? Character.digit((char) b, 16) : -1;
    if (digit >= 0 && digits < 15) {
      left = left << 4 | digit;
      digits++;
    } else if (digits > 0 && b == ';') {
      part = Part.EXTENSION;
    } else if (digits > 0 && b == '\r') {
      part = Part.SIZE_END;
    } else {
      throw malformed();
    }
  }

  /** Trailer fields are passed over. */
  private Part trailer(int b) throws BadMessageException {
    if (++passed > MOST_TRAILER_BYTES || b == '\n' || b == 0) {
      throw malformed();
    }
    return Part.TRAILER;
  }

  private static void expect(int b, int wanted) throws BadMessageException {
    if (b != wanted) {
      throw malformed();
    }
  }

  private static BadMessageException malformed() {
    return new BadMessageException(400, "malformed chunked encoding");
  }
}
