package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A channel that speaks WebSocket. */
final class WebSocketConnection extends ChannelSession implements WebSocketSession {

  private static final int MOST_FRAME_BYTES = 4 * 1024 * 1024;
  private static final int MOST_MESSAGE_BYTES = 16 * 1024 * 1024;
  private static final int HIGH = 256 * 1024;
  private static final int LOW = 64 * 1024;
  private static final Duration MOST_HANDLING = Duration.ofSeconds(5);
  private static final int NO_CODE = 1005;
  private static final int ABNORMAL = 1006;

  private final String subprotocol;
  private final ArrayDeque<Message> messages = new ArrayDeque<>();
  private final ByteArrayOutputStream fragments = new ByteArrayOutputStream(0);
  private boolean fragmentsAreText;
  private int buffered;
  private boolean ended;
  private boolean handling;
  private boolean answerIsDue;
  private boolean closeSent;
  private volatile int closeCode = ABNORMAL;

  WebSocketConnection(Channel channel, String subprotocol) {
    super(channel);
    this.subprotocol = subprotocol;
  }

  /**
   * @param masked whether the peer must mask (a client must)
   */
  static ChannelHandler decoder(boolean masked) {
    return new WebSocket13FrameDecoder(
        WebSocketDecoderConfig.newBuilder()
            .expectMaskedFrames(masked)
            .allowMaskMismatch(false)
            .allowExtensions(false)
            .maxFramePayloadLength(MOST_FRAME_BYTES)
            .build());
  }

  static ChannelHandler encoder(boolean mask) {
    return new WebSocket13FrameEncoder(mask);
  }

  @Override
  public String subprotocol() {
    return subprotocol;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      switch (message) {
        case CloseWebSocketFrame close -> closedByPeer(close);
        case PingWebSocketFrame ping ->
            channel.writeAndFlush(new PongWebSocketFrame(ping.content().retain()));
        case PongWebSocketFrame pong -> {}
        case TextWebSocketFrame text -> data(text, true);
        case BinaryWebSocketFrame binary -> data(binary, false);
        case ContinuationWebSocketFrame more -> data(more, fragmentsAreText);
        default -> {}
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void data(WebSocketFrame frame, boolean text) {
    byte[] bytes = ByteBufUtil.getBytes(frame.content());
    boolean first = !(frame instanceof ContinuationWebSocketFrame);
    if (first && frame.isFinalFragment()) {
      deliver(new Message(text, bytes));
      return;
    }
    if (first) {
      fragments.reset();
      fragmentsAreText = text;
    }
    fragments.writeBytes(bytes);
    if (fragments.size() > MOST_MESSAGE_BYTES) {
      close(1009, "message too big");
      return;
    }
    if (frame.isFinalFragment()) {
      deliver(new Message(fragmentsAreText, fragments.toByteArray()));
      fragments.reset();
    }
  }

  private void deliver(Message message) {
    synchronized (messages) {
      if (ended) {
        return;
      }
      messages.add(message);
      buffered += message.data().length + 64;
      if (buffered > HIGH) {
        channel.config().setAutoRead(false);
      }
      messages.notifyAll();
    }
  }

  @Override
  public @Nullable Message receive() throws InterruptedException {
    synchronized (messages) {
      handling = false;
      while (messages.isEmpty()) {
        if (ended) {
          if (answerIsDue) {
            answerIsDue = false;
            channel.eventLoop().execute(this::answerClose);
          }
          return null;
        }
        messages.wait();
      }
      handling = true;
      Message message = messages.remove();
      buffered -= message.data().length + 64;
      if (buffered <= LOW && !channel.config().isAutoRead()) {
        channel.config().setAutoRead(true);
      }
      return message;
    }
  }

  private void closedByPeer(CloseWebSocketFrame close) {
    closeCode = close.statusCode() < 0 ? NO_CODE : close.statusCode();
    synchronized (messages) {
      answerIsDue = !closeSent && (handling || !messages.isEmpty());
      endOfMessages();
      if (answerIsDue) {
        channel
            .eventLoop()
            .schedule(this::answerClose, MOST_HANDLING.toMillis(), TimeUnit.MILLISECONDS);
        return;
      }
    }
    answerClose();
  }

  /** The peer's close is answered when all that came before it was taken. */
  private void answerClose() {
    if (closeSent) {
      channel.close();
      return;
    }
    closeSent = true;
    CloseWebSocketFrame answer =
        closeCode == NO_CODE ? new CloseWebSocketFrame() : new CloseWebSocketFrame(closeCode, "");
    channel.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
  }

  private void endOfMessages() {
    synchronized (messages) {
      ended = true;
      messages.notifyAll();
    }
  }

  @Override
  void ended(String why) {
    endOfMessages();
  }

  @Override
  public boolean isOpen() {
    synchronized (messages) {
      return !ended;
    }
  }

  @Override
  public void sendBinary(byte[]... shared) throws IOException {
    ByteBuf content = Unpooled.wrappedBuffer(shared);
    write(new BinaryWebSocketFrame(content), content.readableBytes() + 8L);
  }

  @Override
  public void sendText(byte[]... shared) throws IOException {
    ByteBuf content = Unpooled.wrappedBuffer(shared);
    write(new TextWebSocketFrame(true, 0, content), content.readableBytes() + 8L);
  }

  @Override
  public void close(int code, String reason) {
    if (channel.eventLoop().isShuttingDown()) {
      return;
    }
    channel
        .eventLoop()
        .execute(
            () -> {
              if (closeSent || !channel.isActive()) {
                return;
              }
              closeSent = true;
              channel.config().setAutoRead(true);
              channel.writeAndFlush(new CloseWebSocketFrame(code, reason));
              channel.eventLoop().schedule(() -> channel.close(), 1, TimeUnit.SECONDS);
            });
  }
}
