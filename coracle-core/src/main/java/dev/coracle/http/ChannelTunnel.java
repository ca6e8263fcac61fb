package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/** A channel as raw bytes. */
final class ChannelTunnel extends ChannelSession implements ByteTunnel {

  private static final int HIGH = 256 * 1024;
  private static final int LOW = 64 * 1024;

  private final InboundBody input = new InboundBody(count -> consumed(), 0);
  private final OutputStream output = new Output();

  ChannelTunnel(Channel channel) {
    super(channel);
    if (channel instanceof DuplexChannel) {
      channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }
  }

  private final class Output extends OutputStream {
    private boolean closed;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      if (closed) {
        throw new IOException("this direction is closed");
      }
      if (length > 0) {
        byte[] copy = Arrays.copyOfRange(bytes, from, from + length);
        ChannelTunnel.this.write(Unpooled.wrappedBuffer(copy), length);
      }
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        channel.eventLoop().execute(ChannelTunnel.this::closeOutput);
      }
    }
  }

  private void closeOutput() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls != null) {
      tls.closeOutbound();
    } else if (channel instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
    closeWhenBothEnded(true);
  }

  private boolean outputEnded;

  private void closeWhenBothEnded(boolean outputNow) {
    outputEnded |= outputNow;
    if (outputEnded && input.isEnded()) {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> channel.close());
    }
  }

  private void consumed() {
    if (input.buffered() <= LOW && !channel.config().isAutoRead()) {
      channel.config().setAutoRead(true);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes) {
      input.offer(ByteBufUtil.getBytes(bytes));
      if (input.buffered() > HIGH) {
        channel.config().setAutoRead(false);
      }
    }
    ReferenceCountUtil.release(message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
      input.end();
      closeWhenBothEnded(false);
    }
    super.userEventTriggered(ctx, event);
  }

  @Override
  void ended(String why) {
    input.end();
  }

  @Override
  public InputStream input() {
    return input;
  }

  @Override
  public OutputStream output() {
    return output;
  }

  /** What was written before is sent first. */
  @Override
  public void close() {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> channel.close());
  }
}
