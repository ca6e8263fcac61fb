package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/**
 * A request whose answer its connection writes.
 *
 * @param <E> itself
 */
abstract class ConnectionExchange<E extends ConnectionExchange<E>> extends Exchange {

  private final AnswerWriter<E> owner;
  private volatile boolean expectsContinue;

  ConnectionExchange(
      AnswerWriter<E> owner,
      boolean expectsContinue,
      EventLoop eventLoop,
      Connection connection,
      String method,
      String authority,
      String target,
      Headers headers) {
    super(
        eventLoop,
        connection,
        method,
        connection.secure() ? "https" : "http",
        authority,
        target,
        headers);
    this.owner = owner;
    this.expectsContinue = expectsContinue;
  }

  abstract E self();

  @Override
  void bodyWanted() {
    if (expectsContinue) {
      expectsContinue = false;
      onEventLoop(() -> owner.writeContinue(self()));
    }
  }

  boolean stillExpectsContinue() {
    return expectsContinue;
  }

  @Override
  void writeAll(int status, Headers fields, long length, byte[][] parts) {
    owner.writeAll(self(), status, fields, length, parts);
  }

  @Override
  void writeHead(int status, Headers fields, long length) {
    owner.writeHead(self(), status, fields, length);
  }

  @Override
  void writeBody(ByteBuf bytes, boolean last) {
    owner.writeBody(self(), bytes, last);
  }

  @Override
  void breakOff() {
    owner.breakOff(self());
  }
}
