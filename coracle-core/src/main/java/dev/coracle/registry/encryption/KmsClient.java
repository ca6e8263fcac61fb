package dev.coracle.registry.encryption;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Calls to a key management service by gRPC over a Unix socket. Calls block. */
final class KmsClient implements AutoCloseable {

  private static final String SERVICE = "v2.KeyManagementService";
  private static final int MOST_BYTES = 1 << 20;

  private final Duration timeout;
  private final EventLoopGroup loops;
  private final ManagedChannel channel;

  /**
   * @throws IOException where there are no Unix sockets for it
   */
  KmsClient(String socket, Duration timeout) throws IOException {
    if (!Epoll.isAvailable()) {
      throw new IOException("a KMS provider needs Linux on x86-64 or aarch64");
    }
    this.timeout = timeout;
    this.loops =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("kms", true), EpollIoHandler.newFactory());
    this.channel =
        NettyChannelBuilder.forAddress(new DomainSocketAddress(socket))
            .eventLoopGroup(loops)
            .channelType(EpollDomainSocketChannel.class)
            .overrideAuthority("localhost")
            .maxInboundMessageSize(MOST_BYTES)
            .disableRetry()
            .usePlaintext()
            .build();
  }

  KmsMessages.Status status() throws IOException {
    return KmsMessages.status(call("Status", new byte[0]));
  }

  KmsMessages.Encrypted encrypt(byte[] plain) throws IOException {
    return KmsMessages.encrypted(
        call("Encrypt", KmsMessages.encryptRequest(plain, UUID.randomUUID().toString())));
  }

  byte[] decrypt(KmsMessages.StoredValue stored) throws IOException {
    return KmsMessages.decrypted(
        call("Decrypt", KmsMessages.decryptRequest(stored, UUID.randomUUID().toString())));
  }

  private byte[] call(String method, byte[] request) throws IOException {
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, method))
            .setRequestMarshaller(BYTES)
            .setResponseMarshaller(BYTES)
            .build();
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return ClientCalls.blockingUnaryCall(channel, descriptor, options, request);
    } catch (StatusRuntimeException e) {
      throw new IOException(
          "rpc error: code = "
              + e.getStatus().getCode()
              + " desc = "
              + e.getStatus().getDescription(),
          e);
    }
  }

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        }
      };

  @Override
  public void close() {
    channel.shutdownNow();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
