package dev.coracle.proxy;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Bytes on their way, in an array that is borrowed only while there are any: an idle connection has
 * none.
 */
final class Bytes {

  /** Of an array: one TLS record fits. */
  static final int ARRAY_BYTES = 17 * 1024;

  private static final int MOST_SPARE = 24;
  private static final byte[] NONE = new byte[0];

  /** The arrays of one event loop: how much is lent, and some to use again. */
  static final class Pool {
    private final byte[][] spare = new byte[MOST_SPARE][];
    private int count;
    private long lent;

    /** Bytes of the arrays that are in use. */
    long lent() {
      return lent;
    }

    private byte[] take(int least) {
      if (least > ARRAY_BYTES) {
        lent += least;
        return new byte[least];
      }
      lent += ARRAY_BYTES;
      if (count == 0) {
        return new byte[ARRAY_BYTES];
      }
      byte[] array = spare[--count];
      spare[count] = NONE;
      return array;
    }

    private void give(byte[] array) {
      lent -= array.length;
      if (array.length == ARRAY_BYTES && count < MOST_SPARE) {
        spare[count++] = array;
      }
    }
  }

  private final Pool pool;
  byte[] array = NONE;
  int from;
  int to;

  Bytes(Pool pool) {
    this.pool = pool;
  }

  int size() {
    return to - from;
  }

  boolean isEmpty() {
    return to == from;
  }

  /** Makes room for more at the end. */
  void room(int wanted) {
    int size = to - from;
    if (array.length - to >= wanted) {
      return;
    }
    if (array.length == 0) {
      array = pool.take(wanted);
      from = 0;
      to = 0;
      return;
    }
    byte[] old = array;
    if (old.length - size < wanted) {
      array = pool.take(Math.max(old.length * 2, size + wanted));
    }
    System.arraycopy(old, from, array, 0, size);
    if (array != old) {
      pool.give(old);
    }
    from = 0;
    to = size;
  }

  /** The room at the end, at least as large as wanted. */
  ByteBuffer space(int wanted) {
    room(wanted);
    return ByteBuffer.wrap(array, to, array.length - to);
  }

  ByteBuffer content() {
    return ByteBuffer.wrap(array, from, to - from);
  }

  void append(byte[] bytes, int offset, int length) {
    room(length);
    System.arraycopy(bytes, offset, array, to, length);
    to += length;
  }

  /** Appends characters of ISO 8859-1, as which heads were read. */
  @SuppressWarnings("deprecation") // Takes the low bytes without an encoder: just this.
  Bytes text(String text) {
    int length = text.length();
    room(length);
    text.getBytes(0, length, array, to);
    to += length;
    return this;
  }

  void field(String name, String value) {
    text(name).text(": ").text(value).text("\r\n");
  }

  /** Removes from the beginning. */
  void drop(int count) {
    from += count;
    releaseIfEmpty();
  }

  /** Gives the array back when nothing is in it. */
  void releaseIfEmpty() {
    if (from == to && array.length > 0) {
      clear();
    }
  }

  void clear() {
    pool.give(array);
    array = NONE;
    from = 0;
    to = 0;
  }

  String latin(int start, int end) {
    return new String(array, start, end - start, java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return new String(
        Arrays.copyOfRange(array, from, to), java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
