package dev.coracle.proxy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;

/** TLS over one socket, on the JDK's engine: it waits for nothing. */
final class Tls {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int RECORD_BYTES = 16 * 1024 + 512;

  private final SSLEngine engine;

  /** As it came. */
  private final Bytes received;

  /** As it goes. */
  private final Bytes unsent;

  private boolean drained;
  private boolean shaken;

  Tls(SSLEngine engine, Bytes.Pool pool) throws IOException {
    this.engine = engine;
    this.received = new Bytes(pool);
    this.unsent = new Bytes(pool);
    engine.beginHandshake();
  }

  /** Whether the socket gave all that it had. */
  boolean isDrained() {
    return drained;
  }

  /**
   * Goes on with the handshake; what has to go is left for {@link #write}.
   *
   * @return whether it is over
   */
  boolean handshake(SocketChannel channel, Bytes in, Bytes out) throws IOException {
    while (!shaken) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK, NEED_WRAP -> afterwards();
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (!unsent.isEmpty()) {
            write(channel, out);
          }
          int count = read(channel, in, true);
          if (count < 0) {
            throw new EOFException("EOF");
          }
          if (count == 0 && drained && stillUnwraps()) {
            write(channel, out);
            return false;
          }
        }
        case NOT_HANDSHAKING, FINISHED -> shaken = true;
      }
    }
    write(channel, out);
    return true;
  }

  private boolean stillUnwraps() {
    HandshakeStatus status = engine.getHandshakeStatus();
    return status == HandshakeStatus.NEED_UNWRAP || status == HandshakeStatus.NEED_UNWRAP_AGAIN;
  }

  /**
   * @param readable whether to ask the socket when what came before is used up
   * @return as {@link Connection#fill}
   */
  int read(SocketChannel channel, Bytes in, boolean readable) throws IOException {
    drained = !readable;
    int total = 0;
    while (true) {
      while (!received.isEmpty()) {
        SSLEngineResult result = unwrap(in);
        total += result.bytesProduced();
        if (result.getStatus() == Status.CLOSED) {
          return total > 0 ? total : -1;
        }
        if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
          break;
        }
        afterwards();
        if (total > 0) {
          return total;
        }
        if (!shaken && engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
          return 0;
        }
      }
      if (drained) {
        return total;
      }
      ByteBuffer space = received.space(RECORD_BYTES - Math.min(RECORD_BYTES - 1, received.size()));
      int most = space.remaining();
      int count = channel.read(space);
      received.to += Math.max(0, count);
      received.releaseIfEmpty();
      drained = count < most;
      if (count < 0) {
        throw new EOFException(shaken ? "unexpected EOF" : "EOF");
      }
    }
  }

  private SSLEngineResult unwrap(Bytes in) throws IOException {
    int needed = engine.getSession().getApplicationBufferSize();
    ByteBuffer source = received.content();
    ByteBuffer target = in.space(Math.min(needed, RECORD_BYTES));
    SSLEngineResult result = engine.unwrap(source, target);
    if (result.getStatus() == Status.BUFFER_OVERFLOW) {
      target = in.space(needed);
      result = engine.unwrap(source, target);
    }
    received.drop(result.bytesConsumed());
    in.to += result.bytesProduced();
    in.releaseIfEmpty();
    return result;
  }

  /** Tasks run here and now: there is one for each handshake, of a millisecond or two. */
  private void afterwards() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          for (Runnable task = engine.getDelegatedTask();
              task != null;
              task = engine.getDelegatedTask()) {
            task.run();
          }
        }
        case NEED_WRAP -> wrap(NOTHING.duplicate());
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> {
          return;
        }
      }
    }
  }

  private void wrap(ByteBuffer source) throws IOException {
    ByteBuffer target = unsent.space(engine.getSession().getPacketBufferSize());
    SSLEngineResult result = engine.wrap(source, target);
    unsent.to += result.bytesProduced();
    unsent.releaseIfEmpty();
    if (result.getStatus() == Status.CLOSED) {
      throw new EOFException("the connection is closed");
    }
    if (result.bytesProduced() == 0) {
      throw new IOException("TLS does not go on");
    }
  }

  /**
   * Encrypts and sends.
   *
   * @return whether all went
   */
  boolean write(SocketChannel channel, Bytes out) throws IOException {
    while (true) {
      while (!unsent.isEmpty()) {
        int count = channel.write(unsent.content());
        if (count == 0) {
          return false;
        }
        unsent.drop(count);
      }
      if (!shaken || out.isEmpty()) {
        return true;
      }
      ByteBuffer source = out.content();
      int before = source.remaining();
      wrap(source);
      out.drop(before - source.remaining());
    }
  }

  /** Whether it has bytes that came or go. */
  boolean holds() {
    return !received.isEmpty() || !unsent.isEmpty();
  }

  void clear() {
    received.clear();
    unsent.clear();
  }
}
