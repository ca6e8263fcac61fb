package dev.coracle.http.streaming;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Bytes from one thread to another: bounded, and both sides may end it. */
final class ByteQueue extends InputStream {

  private static final int HIGH = 256 * 1024;

  private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
  private int offset;
  private int buffered;
  private boolean ended;

  /** Adds bytes; waits while the reader is slow; drops them when the queue is over. */
  synchronized void put(byte[] bytes) throws InterruptedException {
    while (buffered > HIGH && !ended) {
      wait();
    }
    if (!ended && bytes.length > 0) {
      chunks.add(bytes);
      buffered += bytes.length;
      notifyAll();
    }
  }

  /** Waits until all bytes are taken, or the queue is over. */
  synchronized void awaitTaken() throws InterruptedException {
    while (!chunks.isEmpty() && !ended) {
      wait();
    }
  }

  /** No more bytes will come; those that are here can be read. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public synchronized int read(byte[] target, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    byte[] chunk = awaitChunk();
    if (chunk == null) {
      return -1;
    }
    int copied = Math.min(length, chunk.length - offset);
    System.arraycopy(chunk, offset, target, from, copied);
    offset += copied;
    buffered -= copied;
    if (offset == chunk.length) {
      chunks.remove();
      offset = 0;
    }
    notifyAll();
    return copied;
  }

  private byte @Nullable [] awaitChunk() throws IOException {
    try {
      while (chunks.isEmpty() && !ended) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading");
    }
    return chunks.peek();
  }

  @Override
  public synchronized int available() {
    return buffered;
  }

  /** The reader wants no more: what is here and what comes is dropped. */
  @Override
  public synchronized void close() {
    ended = true;
    chunks.clear();
    buffered = 0;
    offset = 0;
    notifyAll();
  }
}
