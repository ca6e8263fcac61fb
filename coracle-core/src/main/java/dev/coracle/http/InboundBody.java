package dev.coracle.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way from an event loop to a blocking reader. The event loop never waits: whoever
 * feeds this holds the peer back while {@link #buffered} is high, and is told of consumption.
 */
final class InboundBody extends InputStream {

  /** Told, on the reader's thread, that so many bytes were read or dropped. */
  interface Consumed {
    void bytes(int count);
  }

  private final ArrayDeque<byte[]> chunks = new ArrayDeque<>(2);
  private final Consumed consumed;
  private final long readTimeoutMillis;
  private int offset;
  private int buffered;
  private boolean ended;
  private boolean discarding;
  private @Nullable IOException failure;

  /**
   * @param readTimeoutMillis how long a reader waits for the next bytes; 0 for ever
   */
  InboundBody(Consumed consumed, long readTimeoutMillis) {
    this.consumed = consumed;
    this.readTimeoutMillis = readTimeoutMillis;
  }

  /** A body that is over and empty. */
  static InboundBody empty() {
    InboundBody body = new InboundBody(count -> {}, 0);
    body.ended = true;
    return body;
  }

  /**
   * Adds bytes.
   *
   * @return false when nobody will read them: they were dropped
   */
  synchronized boolean offer(byte[] chunk) {
    if (discarding || ended || failure != null) {
      return false;
    }
    if (chunk.length > 0) {
      chunks.add(chunk);
      buffered += chunk.length;
      notifyAll();
    }
    return true;
  }

  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Ends with an error, after the bytes that are here already. Nothing happens after the end. */
  synchronized void fail(IOException cause) {
    if (!ended && failure == null) {
      failure = cause;
      notifyAll();
    }
  }

  /** Drops what is here and what will come. */
  void discard() {
    int dropped;
    synchronized (this) {
      if (discarding) {
        return;
      }
      discarding = true;
      dropped = buffered;
      buffered = 0;
      offset = 0;
      chunks.clear();
      notifyAll();
    }
    if (dropped > 0) {
      consumed.bytes(dropped);
    }
  }

  /** The number of bytes that wait for the reader. */
  synchronized int buffered() {
    return buffered;
  }

  /** Whether it has ended and every byte was read. */
  synchronized boolean isDrained() {
    return ended && buffered == 0;
  }

  synchronized boolean isEnded() {
    return ended;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int copied;
    synchronized (this) {
      byte[] chunk = awaitChunk();
      if (chunk == null) {
        return -1;
      }
      copied = Math.min(length, chunk.length - offset);
      System.arraycopy(chunk, offset, target, from, copied);
      offset += copied;
      buffered -= copied;
      if (offset == chunk.length) {
        chunks.remove();
        offset = 0;
      }
    }
    consumed.bytes(copied);
    return copied;
  }

  /** The next bytes as they came in, without a copy; null at the end. */
  byte @Nullable [] readChunk() throws IOException {
    byte[] chunk;
    synchronized (this) {
      chunk = awaitChunk();
      if (chunk == null) {
        return null;
      }
      chunks.remove();
      if (offset > 0) {
        chunk = java.util.Arrays.copyOfRange(chunk, offset, chunk.length);
        offset = 0;
      }
      buffered -= chunk.length;
    }
    consumed.bytes(chunk.length);
    return chunk;
  }

  byte[] readAll(int limit) throws IOException {
    byte[] whole = readChunk();
    if (whole == null) {
      return new byte[0];
    }
    for (byte[] next = readChunk(); next != null; next = readChunk()) {
      if ((long) whole.length + next.length > limit) {
        throw new BodyTooLargeException(limit);
      }
      int length = whole.length;
      whole = java.util.Arrays.copyOf(whole, length + next.length);
      System.arraycopy(next, 0, whole, length, next.length);
    }
    if (whole.length > limit) {
      throw new BodyTooLargeException(limit);
    }
    return whole;
  }

  /** Waits, holding the monitor, for the first chunk; null at the end. */
  private byte @Nullable [] awaitChunk() throws IOException {
    long deadline = readTimeoutMillis == 0 ? 0 : System.nanoTime() / 1_000_000 + readTimeoutMillis;
    while (true) {
      byte[] chunk = chunks.peek();
      if (chunk != null) {
        return chunk;
      }
      if (failure != null) {
        throw new IOException(failure.getMessage(), failure);
      }
      if (ended || discarding) {
        return null;
      }
      long left = deadline == 0 ? 0 : deadline - System.nanoTime() / 1_000_000;
      if (deadline != 0 && left <= 0) {
        throw new IOException("the peer sent nothing for " + readTimeoutMillis / 1000 + " s");
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while reading");
      }
    }
  }

  @Override
  public synchronized int available() {
    return buffered;
  }

  @Override
  public void close() {
    discard();
  }
}
