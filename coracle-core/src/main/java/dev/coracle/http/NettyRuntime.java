package dev.coracle.http;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Netty as this machine can run it: native epoll, or NIO; and one allocator with few and small
 * arenas, since only event loops allocate.
 */
final class NettyRuntime {

  private static final String FLIGHT_RECORDER_EVENTS = "io.netty.jfr.enabled";

  static {
    // Netty's events make the JVM register all of Flight Recorder's when the first buffer is
    // allocated, recording or not: a tenth of a second in a JVM without an AOT cache.
    if (System.getProperty(FLIGHT_RECORDER_EVENTS) == null) {
      System.setProperty(FLIGHT_RECORDER_EVENTS, "false");
    }
  }

  private static final boolean EPOLL = Epoll.isAvailable();

  private NettyRuntime() {}

  /** Loads the transport's library and makes the allocator. */
  static void prepare() {
    ByteBufAllocator made = allocator();
    made.buffer(1).release();
  }

  /** The allocator of every channel. */
  static ByteBufAllocator allocator() {
    return Allocator.INSTANCE;
  }

  static EventLoopGroup eventLoops(String name, int count) {
    IoHandlerFactory handlers = EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory(name, true), handlers);
  }

  static void stop(EventLoopGroup loops) {
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }

  static Class<? extends ServerChannel> serverChannel(SocketAddress address) {
    if (address instanceof UnixDomainSocketAddress) {
      return EPOLL ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class;
    }
    return EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  private static Class<? extends Channel> channel(SocketAddress address) {
    if (address instanceof UnixDomainSocketAddress) {
      return EPOLL ? EpollDomainSocketChannel.class : NioDomainSocketChannel.class;
    }
    return EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  static Bootstrap bootstrap(EventLoopGroup loops, SocketAddress address) {
    return new Bootstrap()
        .group(loops)
        .channel(channel(address))
        .remoteAddress(nettyAddress(address));
  }

  /**
   * Why a system call failed, in the system's words: of {@code bind(..) failed with error(-98):
   * Address already in use} the last ones.
   */
  static String reason(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    int said = message.indexOf("): ", message.indexOf(" failed with error("));
    if (said < 0) {
      return message;
    }
    String words = message.substring(said + 3);
    int address = words.indexOf(": ");
    return address < 0 ? words : words.substring(0, address);
  }

  /** An address as people write it. */
  static String text(SocketAddress address) {
    return address instanceof InetSocketAddress internet
        ? internet.getHostString() + ":" + internet.getPort()
        : address.toString();
  }

  /** The address as the transport in use wants it. */
  static SocketAddress nettyAddress(SocketAddress address) {
    return EPOLL && address instanceof UnixDomainSocketAddress unix
        ? new DomainSocketAddress(unix.getPath().toFile())
        : address;
  }

  /** The address as the JDK names it. */
  static SocketAddress javaAddress(SocketAddress address) {
    return address instanceof DomainSocketAddress unix
        ? UnixDomainSocketAddress.of(unix.path())
        : address;
  }

  /** Made when the first channel needs it. */
  private static final class Allocator {
    private static final int ARENAS = 2;
    private static final int PAGE_BYTES = 8192;
    private static final int CHUNK_PAGES_LOG2 = 6;

    private static final ByteBufAllocator INSTANCE =
        new PooledByteBufAllocator(
            true, ARENAS, ARENAS, PAGE_BYTES, CHUNK_PAGES_LOG2, 32, 16, false);
  }
}
