package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** A body written through a {@link WriteGate} to whatever takes buffers. */
final class GatedBodyStream implements BodyStream {

  /** Takes the next part of the body from any thread. */
  interface Sink {
    void write(ByteBuf bytes, boolean last);
  }

  private final WriteGate gate;
  private final boolean silent;
  private final BooleanSupplier open;
  private final Sink sink;
  private final Runnable breakOff;
  private final long contentLength;
  private long left;
  private boolean ended;

  /**
   * @param contentLength -1 when not known
   * @param silent when the bytes only count and are not sent (HEAD)
   */
  GatedBodyStream(
      WriteGate gate,
      long contentLength,
      boolean silent,
      BooleanSupplier open,
      Sink sink,
      Runnable breakOff) {
    this.gate = gate;
    this.contentLength = contentLength;
    this.left = contentLength;
    this.silent = silent;
    this.open = open;
    this.sink = sink;
    this.breakOff = breakOff;
  }

  @Override
  public void write(byte[]... shared) throws IOException {
    long length = check(shared);
    if (length > 0 && !silent) {
      gate.enter(length, 0);
      sink.write(Unpooled.wrappedBuffer(shared), false);
    }
    left -= contentLength < 0 ? 0 : length;
  }

  @Override
  public void keepShort() {
    gate.keepShort();
  }

  private long check(byte[][] parts) throws IOException {
    if (ended) {
      throw new IOException("the body has ended");
    }
    long length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    if (contentLength >= 0 && length > left) {
      throw new IOException("more bytes than Content-Length says");
    }
    return length;
  }

  @Override
  public boolean isOpen() {
    return !ended && open.getAsBoolean();
  }

  @Override
  public void close() {
    if (ended) {
      return;
    }
    if (contentLength >= 0 && left > 0 && !silent) {
      abort();
      return;
    }
    ended = true;
    sink.write(Unpooled.EMPTY_BUFFER, true);
  }

  @Override
  public void abort() {
    if (!ended) {
      ended = true;
      breakOff.run();
    }
  }
}
