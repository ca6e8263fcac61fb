package dev.coracle.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the bytes that blocking writers have on their way to a peer: a writer passes when few
 * enough are unsent, whatever the protocol below.
 */
final class WriteGate {

  private static final int HIGH = 256 * 1024;
  private static final int SHORT_HIGH = 96 * 1024;
  private static final int LOW = 64 * 1024;

  private int high = HIGH;
  private long unsent;
  private boolean heldBack;
  private @Nullable IOException failure;

  /**
   * Waits until bytes may be sent and counts them as unsent.
   *
   * @param timeoutMillis without progress; 0 for ever
   */
  synchronized void enter(long bytes, long timeoutMillis) throws IOException {
    while (failure == null && unsent >= high) {
      heldBack = true;
      long before = unsent;
      try {
        wait(timeoutMillis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while writing");
      }
      if (timeoutMillis > 0 && unsent == before && failure == null) {
        throw new IOException("the peer read nothing for " + timeoutMillis / 1000 + " s");
      }
    }
    check();
    unsent += bytes;
  }

  /** Lets fewer bytes than usual be on their way. */
  synchronized void keepShort() {
    high = SHORT_HIGH;
  }

  /** Bytes have left. */
  synchronized void sent(long bytes) {
    unsent -= bytes;
    if (heldBack && unsent <= LOW) {
      heldBack = false;
      notifyAll();
    }
  }

  /** Fails every writer, now and later. */
  synchronized void fail(String why) {
    if (failure == null) {
      failure = new IOException(why);
    }
    notifyAll();
  }

  private void check() throws IOException {
    IOException cause = failure;
    if (cause != null) {
      throw new IOException(cause.getMessage(), cause);
    }
  }
}
