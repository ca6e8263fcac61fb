package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.DefaultSpdyWindowUpdateFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyHeadersFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySessionStatus;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A channel that speaks SPDY/3.1 as the server.
 *
 * <p>Flow control: what we read is acknowledged with WINDOW_UPDATE, as the protocol wants. What we
 * send is bounded by the connection's own back-pressure and not by the peer's stream windows,
 * because Kubernetes' SPDY clients never send WINDOW_UPDATE: a server that waits for one stops
 * after 64 KiB.
 */
final class SpdyConnection extends ChannelSession implements SpdySession {

  private static final int MOST_STREAMS = 1000;
  private static final int STREAM_HIGH = 1024 * 1024;
  private static final int STREAM_LOW = 64 * 1024;
  private static final int FRAME_BYTES = 32 * 1024;

  private final Map<Integer, Stream> streams = new ConcurrentHashMap<>();
  private final ArrayDeque<SpdyStream> waiting = new ArrayDeque<>();
  private int lastAccepted;
  private boolean ended;

  SpdyConnection(Channel channel) {
    super(channel);
  }

  @Override
  public @Nullable SpdyStream accept(Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    synchronized (waiting) {
      while (waiting.isEmpty()) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (ended || left <= 0) {
          return null;
        }
        waiting.wait(left);
      }
      return waiting.remove();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      switch (message) {
        case SpdyDataFrame data -> data(data);
        case SpdySynStreamFrame open -> open(open);
        case SpdyHeadersFrame more -> endIfLast(more.streamId(), more.isLast());
        case SpdyRstStreamFrame reset -> resetByPeer(reset.streamId());
        case SpdyPingFrame ping -> ping(ping.id());
        case SpdyGoAwayFrame goAway -> noMoreStreams();
        default -> {}
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void ping(int id) {
    if (id % 2 != 0) {
      channel.writeAndFlush(new DefaultSpdyPingFrame(id));
    }
  }

  private void open(SpdySynStreamFrame frame) {
    int id = frame.streamId();
    synchronized (waiting) {
      if (frame.isInvalid() || ended || streams.size() >= MOST_STREAMS || id <= lastAccepted) {
        refuse(
            id,
            id <= lastAccepted ? SpdyStreamStatus.PROTOCOL_ERROR : SpdyStreamStatus.REFUSED_STREAM);
        return;
      }
      lastAccepted = id;
      Headers headers = new Headers();
      for (Map.Entry<CharSequence, CharSequence> field : frame.headers()) {
        headers.add(
            field.getKey().toString().toLowerCase(Locale.ROOT), field.getValue().toString());
      }
      Stream stream = new Stream(id, headers);
      if (frame.isLast()) {
        stream.input.end();
      }
      streams.put(id, stream);
      waiting.add(stream);
      waiting.notifyAll();
    }
  }

  private void refuse(int id, SpdyStreamStatus status) {
    channel.writeAndFlush(new DefaultSpdyRstStreamFrame(id, status));
  }

  private void data(SpdyDataFrame frame) {
    Stream stream = streams.get(frame.streamId());
    ByteBuf content = frame.content();
    int length = content.readableBytes();
    if (stream == null) {
      refuse(frame.streamId(), SpdyStreamStatus.INVALID_STREAM);
      sessionWindow(length);
      return;
    }
    if (length > 0) {
      sessionWindow(length);
      if (stream.input.offer(ByteBufUtil.getBytes(content))) {
        if (stream.input.buffered() > STREAM_HIGH) {
          channel.config().setAutoRead(false);
        }
      } else {
        stream.acknowledge(length);
      }
    }
    endIfLast(frame.streamId(), frame.isLast());
  }

  private void endIfLast(int id, boolean last) {
    Stream stream = streams.get(id);
    if (last && stream != null) {
      stream.input.end();
      stream.forgetIfOver();
    }
  }

  /** The session's window (stream 0) is always open again: each stream has its own bound. */
  private void sessionWindow(int bytes) {
    if (bytes > 0) {
      channel.writeAndFlush(new DefaultSpdyWindowUpdateFrame(0, bytes));
    }
  }

  private void resetByPeer(int id) {
    Stream stream = streams.remove(id);
    if (stream != null) {
      stream.broken("the peer reset the stream");
    }
  }

  private void noMoreStreams() {
    synchronized (waiting) {
      ended = true;
      waiting.notifyAll();
    }
  }

  @Override
  void ended(String why) {
    noMoreStreams();
    for (Stream stream : List.copyOf(streams.values())) {
      stream.broken(why);
    }
    streams.clear();
  }

  @Override
  public void close() {
    if (isOver()) {
      return;
    }
    noMoreStreams();
    channel
        .writeAndFlush(new DefaultSpdyGoAwayFrame(lastAccepted, SpdySessionStatus.OK))
        .addListener(ChannelFutureListener.CLOSE);
  }

  /** One stream. */
  private final class Stream implements SpdyStream {

    private final int id;
    private final Headers headers;
    private final InboundBody input;
    private final Output output = new Output();
    private volatile @Nullable String broken;
    private volatile boolean outputEnded;

    Stream(int id, Headers headers) {
      this.id = id;
      this.headers = headers;
      this.input = new InboundBody(this::consumed, 0);
    }

    private void consumed(int bytes) {
      acknowledge(bytes);
      if (input.buffered() <= STREAM_LOW && !channel.config().isAutoRead()) {
        channel.config().setAutoRead(true);
      }
    }

    private void acknowledge(int bytes) {
      if (broken == null && !input.isEnded()) {
        channel.writeAndFlush(new DefaultSpdyWindowUpdateFrame(id, bytes));
      }
    }

    private void broken(String why) {
      broken = why;
      input.fail(new IOException(why));
    }

    private void forgetIfOver() {
      if (outputEnded && input.isEnded()) {
        streams.remove(id);
      }
    }

    @Override
    public int id() {
      return id;
    }

    @Override
    public Headers headers() {
      return headers;
    }

    /** Names a status, since the codec writes no valid frame without any header. */
    @Override
    public void reply(Headers fields) throws IOException {
      DefaultSpdySynReplyFrame frame = new DefaultSpdySynReplyFrame(id);
      frame.headers().add(":status", "200").add(":version", "HTTP/1.1");
      fields.forEach((name, value) -> frame.headers().add(name.toLowerCase(Locale.ROOT), value));
      SpdyConnection.this.write(frame, 64);
    }

    @Override
    public InputStream input() {
      return input;
    }

    @Override
    public OutputStream output() {
      return output;
    }

    @Override
    public void reset() {
      if (streams.remove(id) != null) {
        broken("the stream was reset");
        refuse(id, SpdyStreamStatus.CANCEL);
      }
    }

    @Override
    public void close() {
      output.close();
      input.discard();
      streams.remove(id);
    }

    private final class Output extends OutputStream {

      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        for (int at = from; at < from + length; at += FRAME_BYTES) {
          String why = broken;
          if (why != null || outputEnded) {
            throw new IOException(why == null ? "this direction is closed" : why);
          }
          int size = Math.min(FRAME_BYTES, from + length - at);
          byte[] copy = Arrays.copyOfRange(bytes, at, at + size);
          SpdyConnection.this.write(
              new DefaultSpdyDataFrame(id, Unpooled.wrappedBuffer(copy)), size);
        }
      }

      @Override
      public void close() {
        if (outputEnded || broken != null) {
          return;
        }
        outputEnded = true;
        DefaultSpdyDataFrame last = new DefaultSpdyDataFrame(id);
        last.setLast(true);
        channel.writeAndFlush(last);
        forgetIfOver();
      }
    }
  }
}
