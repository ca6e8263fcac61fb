package dev.coracle.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;

/**
 * The last handler of a channel that one session has for itself: bounded writing, and the news of
 * its end.
 */
abstract class ChannelSession extends ChannelInboundHandlerAdapter {

  final Channel channel;
  final WriteGate gate = new WriteGate();
  private final CloseSignal closed = new CloseSignal();

  ChannelSession(Channel channel) {
    this.channel = channel;
  }

  /** The connection is over; runs once. */
  abstract void ended(String why);

  public final void onClose(Runnable action) {
    closed.add(action);
  }

  public boolean isOpen() {
    return !closed.isClosed();
  }

  final boolean isOver() {
    return closed.isClosed();
  }

  /** Waits for room, then writes one message of so many bytes and flushes. */
  final void write(Object message, long bytes) throws IOException {
    gate.enter(bytes, 0);
    channel.writeAndFlush(message).addListener(done -> gate.sent(bytes));
  }

  final void over(String why) {
    if (closed.isClosed()) {
      return;
    }
    gate.fail(why);
    ended(why);
    closed.close();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (!ctx.channel().isActive()) {
      over("the connection is closed");
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    over("the peer closed the connection");
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
