package dev.coracle.proxy;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One socket of the event loop, with or without TLS. What came stands in {@link #in}, what is to go
 * in {@link #out}; failures are states, since an exchange has two connections and asks which.
 */
abstract class Connection implements Loop.Handler {

  /** More is not gathered before it is sent. */
  static final int PIECE_BYTES = 16 * 1024;

  private static final int LEAST_ROOM = 2 * 1024;

  final Loop loop;
  final Bytes in;
  final Bytes out;
  @Nullable SocketChannel channel;
  @Nullable SelectionKey key;
  @Nullable Tls tls;

  /** Whether the selector saw something to read since all was read. */
  private boolean readable;

  /** When something last came or went. */
  private long movedAt = System.nanoTime();

  private boolean ended;
  private boolean blocked;
  private boolean deaf;
  private String failure = "";

  /** After this it is closed, in the clock's nanoseconds; 0 for never. */
  long deadline;

  Connection(Loop loop) {
    this.loop = loop;
    this.in = new Bytes(loop.pool);
    this.out = new Bytes(loop.pool);
  }

  /** Nothing will come any more. */
  final boolean isEnded() {
    return ended;
  }

  /** The other side does not take more now. */
  final boolean isBlocked() {
    return blocked;
  }

  /** The other side will take nothing any more. */
  final boolean isDeaf() {
    return deaf;
  }

  /** Why it broke; empty when it did not. */
  final String failure() {
    return failure;
  }

  final void broke(String why) {
    failure = why;
    ended = true;
    deaf = true;
  }

  final long movedAt() {
    return movedAt;
  }

  @Override
  public long waitingSince() {
    return in.isEmpty() && out.isEmpty() ? Long.MAX_VALUE : movedAt;
  }

  @Override
  public void ready(SelectionKey selected) {
    movedAt = loop.now();
    int operations = selected.readyOps();
    if ((operations & SelectionKey.OP_READ) != 0) {
      readable = true;
    }
    if ((operations & SelectionKey.OP_WRITE) != 0) {
      flush();
    }
    advance();
  }

  /**
   * Reads what is there.
   *
   * @return the number of bytes; 0 for none yet, -1 at the end
   */
  final int fill() {
    SocketChannel socket = channel;
    if (ended || socket == null) {
      return ended ? -1 : 0;
    }
    try {
      int count;
      if (tls != null) {
        count = tls.read(socket, in, readable);
        readable = readable && !tls.isDrained();
      } else if (readable) {
        var space = in.space(LEAST_ROOM);
        int most = space.remaining();
        count = socket.read(space);
        in.to += Math.max(0, count);
        in.releaseIfEmpty();
        readable = count == most;
      } else {
        return 0;
      }
      ended = count < 0;
      return count;
    } catch (IOException e) {
      in.releaseIfEmpty();
      failure = text(e);
      ended = true;
      return -1;
    }
  }

  /**
   * Sends what it can.
   *
   * @return whether all went
   */
  final boolean flush() {
    SocketChannel socket = channel;
    if (deaf || socket == null) {
      out.clear();
      return true;
    }
    try {
      if (tls != null) {
        blocked = !tls.write(socket, out);
      } else {
        if (!out.isEmpty()) {
          out.drop(Math.max(0, socket.write(out.content())));
        }
        blocked = !out.isEmpty();
      }
    } catch (IOException e) {
      failure = text(e);
      deaf = true;
      blocked = false;
      out.clear();
    }
    return !blocked;
  }

  /** Tells the selector what to wait for: sending always when something could not go. */
  final void await(boolean reading) {
    SelectionKey current = key;
    if (current == null || !current.isValid()) {
      return;
    }
    int wanted =
        (reading && !ended ? SelectionKey.OP_READ : 0) | (blocked ? SelectionKey.OP_WRITE : 0);
    if (current.interestOps() != wanted) {
      current.interestOps(wanted);
    }
  }

  static String text(Exception e) {
    String message = e.getMessage();
    if (message == null || message.isEmpty()) {
      return e.getClass().getSimpleName();
    }
    return Character.toLowerCase(message.charAt(0)) + message.substring(1);
  }

  final boolean isOpen() {
    SocketChannel socket = channel;
    return socket != null && socket.isOpen();
  }

  final void closeChannel() {
    in.clear();
    out.clear();
    blocked = false;
    if (tls != null) {
      tls.clear();
    }
    SocketChannel socket = channel;
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is gone either way.
        ended = true;
      }
    }
  }
}
