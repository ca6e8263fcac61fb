package dev.coracle.node.probes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.ClosedPort;
import dev.coracle.Patience;
import dev.coracle.api.Json;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GrpcProbeTest {

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private Channel server;
  private volatile String asked = "";

  /** Answers by the service's name: its state as a digit, {@code silent}, {@code unknown}. */
  private final class Health extends SimpleChannelInboundHandler<Http2StreamFrame> {
    private String path = "";

    @Override
    protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
      if (frame instanceof Http2HeadersFrame headers) {
        path = headers.headers().path().toString();
      }
      if (!(frame instanceof Http2DataFrame data)) {
        return;
      }
      ByteBuf content = data.content();
      String service =
          content.readableBytes() <= 7
              ? ""
              : content.toString(7, content.readableBytes() - 7, StandardCharsets.UTF_8);
      asked = path + " " + service;
      if (service.equals("silent")) {
        return;
      }
      DefaultHttp2Headers head = new DefaultHttp2Headers();
      head.status("200").set("content-type", "application/grpc");
      if (service.equals("unknown")) {
        head.set("grpc-status", "12").set("grpc-message", "unknown service");
        context.writeAndFlush(new DefaultHttp2HeadersFrame(head, true));
        return;
      }
      byte state = (byte) (service.isEmpty() ? 1 : service.charAt(0) - '0');
      context.write(new DefaultHttp2HeadersFrame(head));
      context.write(
          new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 0, 2, 8, state})));
      DefaultHttp2Headers trailers = new DefaultHttp2Headers();
      trailers.set("grpc-status", "0");
      context.writeAndFlush(new DefaultHttp2HeadersFrame(trailers, true));
    }
  }

  @BeforeEach
  void start() {
    server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(Http2FrameCodecBuilder.forServer().build())
                        .addLast(
                            new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                  @Override
                                  protected void initChannel(Channel stream) {
                                    stream.pipeline().addLast(new Health());
                                  }
                                }));
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  @AfterEach
  void stop() {
    server.close().syncUninterruptibly();
    group.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
  }

  private Handlers.Result check(String service) {
    return check(service, Patience.LIMIT);
  }

  private Handlers.Result check(String service, Duration timeout) {
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    return GrpcProbe.check(
        Json.object().put("port", port).put("service", service), "127.0.0.1", timeout);
  }

  @Test
  void check_serving_succeeds() {
    assertThat(check("").success()).isTrue();
    assertThat(asked).isEqualTo("/grpc.health.v1.Health/Check ");
    assertThat(check("1").success()).isTrue();
    assertThat(asked).endsWith(" 1");
  }

  @Test
  void check_notServing_saysSo() {
    assertThat(check("2"))
        .isEqualTo(
            new Handlers.Result(
                Handlers.Outcome.FAILURE, "service unhealthy (responded with \"NOT_SERVING\")"));
  }

  @Test
  void check_noHealthService_saysSo() {
    assertThat(check("unknown").message()).contains("does not implement the grpc health protocol");
  }

  @Test
  void check_noAnswer_timesOut() {
    assertThat(check("silent", Duration.ofMillis(500)).message())
        .contains("did not complete within");
  }

  @Test
  void check_nobodyListens_saysSo() {
    try (ClosedPort port = new ClosedPort()) {
      assertThat(
              GrpcProbe.check(Json.object().put("port", port.number()), "127.0.0.1", Patience.LIMIT)
                  .message())
          .contains("failed to connect service", "connection refused");
    }
  }
}
