package dev.coracle.node.linux;

import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What arrives on a pipe or terminal, buffered so far that a slow reader slows the writer, readable
 * by virtual threads without holding a carrier. Also fed by hand (an attach).
 */
public final class DescriptorInput extends InputStream {

  private static final int HIGH = 256 * 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
  private int offset;
  private int buffered;
  private boolean ended;

  /** Reads what is there now; true at the end of the stream. For a non-blocking descriptor. */
  static boolean drain(int descriptor, java.util.function.Consumer<byte[]> sink) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(65536);
      while (true) {
        long count = Linux.call(arena, SystemCall.READ, descriptor, buffer.address(), 65536);
        if (count == -Constants.EINTR) {
          continue;
        }
        if (count == -Constants.EAGAIN) {
          return false;
        }
        if (count <= 0) {
          return true;
        }
        sink.accept(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
        if (count < 65536) {
          return false;
        }
      }
    }
  }

  /** Adds data; does not wait. */
  public void feed(byte[] data) {
    lock.lock();
    try {
      if (!ended) {
        chunks.add(data);
        buffered += data.length;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  public boolean isFull() {
    lock.lock();
    try {
      return buffered >= HIGH;
    } finally {
      lock.unlock();
    }
  }

  public void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int start, int length) {
    if (length == 0) {
      return 0;
    }
    lock.lock();
    try {
      while (chunks.isEmpty()) {
        if (ended) {
          return -1;
        }
        changed.awaitUninterruptibly();
      }
      byte[] chunk = chunks.getFirst();
      int count = Math.min(length, chunk.length - offset);
      System.arraycopy(chunk, offset, target, start, count);
      offset += count;
      buffered -= count;
      if (offset == chunk.length) {
        chunks.removeFirst();
        offset = 0;
      }
      changed.signalAll();
      return count;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is room or the end. */
  void awaitRoom() {
    lock.lock();
    try {
      while (buffered >= HIGH && !ended) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return buffered;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      ended = true;
      chunks.clear();
      buffered = 0;
      offset = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
