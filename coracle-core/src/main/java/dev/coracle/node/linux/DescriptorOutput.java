package dev.coracle.node.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Writes to a non-blocking pipe or terminal; waits, on a platform thread, while it is full. */
public final class DescriptorOutput extends OutputStream {

  private final int descriptor;
  private final Runnable closing;
  private boolean closed;

  /**
   * @param closing what closes the descriptor, once
   */
  public DescriptorOutput(int descriptor, Runnable closing) {
    this.descriptor = descriptor;
    this.closing = closing;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] data, int start, int length) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(Math.max(1, length));
      MemorySegment.copy(data, start, buffer, ValueLayout.JAVA_BYTE, 0, length);
      long written = 0;
      while (written < length) {
        if (closed) {
          throw new IOException("closed");
        }
        long count =
            Linux.call(SystemCall.WRITE, descriptor, buffer.address() + written, length - written);
        if (count == -Constants.EAGAIN) {
          awaitWritable(arena);
        } else if (count < 0 && count != -Constants.EINTR) {
          throw new IOException(Errno.describe((int) -count));
        } else if (count > 0) {
          written += count;
        }
      }
    }
  }

  private void awaitWritable(Arena arena) throws IOException {
    MemorySegment poll = arena.allocate(8, 4);
    poll.set(ValueLayout.JAVA_INT, 0, descriptor);
    poll.set(ValueLayout.JAVA_SHORT, 4, (short) Constants.POLLOUT);
    Thread waiting =
        Thread.ofPlatform()
            .daemon(true)
            .start(
                () -> {
                  long unused = Linux.call(SystemCall.PPOLL, poll.address(), 1, 0, 0, 8);
                });
    try {
      waiting.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      closing.run();
    }
  }
}
