package dev.coracle.cluster.server;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.coracle.Patience;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A small key management service (KMS v2) by gRPC on a Unix socket, with keys that rotate. */
final class KmsPlugin implements AutoCloseable {

  private final Map<String, byte[]> keys = new ConcurrentHashMap<>();
  private final AtomicInteger encryptions = new AtomicInteger();
  private final AtomicInteger decryptions = new AtomicInteger();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private volatile String health = "ok";
  private volatile int generation = 1;
  private final Server server;

  private KmsPlugin(Path socket) throws IOException {
    keys.put("key-1", new byte[16]);
    server =
        NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toString()))
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops)
            .channelType(EpollServerDomainSocketChannel.class)
            .addService(
                ServerServiceDefinition.builder("v2.KeyManagementService")
                    .addMethod(method("Status"), ServerCalls.asyncUnaryCall(this::status))
                    .addMethod(method("Encrypt"), ServerCalls.asyncUnaryCall(this::encrypt))
                    .addMethod(method("Decrypt"), ServerCalls.asyncUnaryCall(this::decrypt))
                    .build())
            .build()
            .start();
  }

  static KmsPlugin start(Path socket) throws IOException {
    return new KmsPlugin(socket);
  }

  /** Another key from now on; older ones still open what they closed. */
  void rotate() {
    byte[] key = new byte[16];
    key[0] = (byte) ++generation;
    keys.put("key-" + generation, key);
  }

  void unwell(String why) {
    health = why;
  }

  int encryptions() {
    return encryptions.get();
  }

  int decryptions() {
    return decryptions.get();
  }

  private void status(UnknownFieldSet request, StreamObserver<UnknownFieldSet> answer) {
    reply(
        answer,
        UnknownFieldSet.newBuilder()
            .addField(1, text("v2"))
            .addField(2, text(health))
            .addField(3, text("key-" + generation)));
  }

  private void encrypt(UnknownFieldSet request, StreamObserver<UnknownFieldSet> answer) {
    encryptions.incrementAndGet();
    String key = "key-" + generation;
    reply(
        answer,
        UnknownFieldSet.newBuilder()
            .addField(1, bytes(crypt(Cipher.ENCRYPT_MODE, key, bytesOf(request, 1))))
            .addField(2, text(key)));
  }

  private void decrypt(UnknownFieldSet request, StreamObserver<UnknownFieldSet> answer) {
    decryptions.incrementAndGet();
    String key = new String(bytesOf(request, 3), StandardCharsets.UTF_8);
    if (!keys.containsKey(key)) {
      answer.onError(Status.NOT_FOUND.withDescription("no such key").asRuntimeException());
      return;
    }
    reply(
        answer,
        UnknownFieldSet.newBuilder()
            .addField(1, bytes(crypt(Cipher.DECRYPT_MODE, key, bytesOf(request, 1)))));
  }

  private static void reply(
      StreamObserver<UnknownFieldSet> answer, UnknownFieldSet.Builder message) {
    answer.onNext(message.build());
    answer.onCompleted();
  }

  private byte[] crypt(int mode, String key, byte[] data) {
    try {
      Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(mode, new SecretKeySpec(keys.get(key), "AES"), new IvParameterSpec(new byte[16]));
      return cipher.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytesOf(UnknownFieldSet message, int field) {
    return message.getField(field).getLengthDelimitedList().getFirst().toByteArray();
  }

  private static UnknownFieldSet.Field text(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  private static UnknownFieldSet.Field bytes(byte[] bytes) {
    return UnknownFieldSet.Field.newBuilder()
        .addLengthDelimited(ByteString.copyFrom(bytes))
        .build();
  }

  private static MethodDescriptor<UnknownFieldSet, UnknownFieldSet> method(String name) {
    MethodDescriptor.Marshaller<UnknownFieldSet> marshaller =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public InputStream stream(UnknownFieldSet value) {
            return new ByteArrayInputStream(value.toByteArray());
          }

          @Override
          public UnknownFieldSet parse(InputStream stream) {
            try {
              return UnknownFieldSet.parseFrom(stream);
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          }
        };
    return MethodDescriptor.<UnknownFieldSet, UnknownFieldSet>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName("v2.KeyManagementService", name))
        .setRequestMarshaller(marshaller)
        .setResponseMarshaller(marshaller)
        .build();
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination(Patience.SECONDS, TimeUnit.SECONDS);
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(Patience.SECONDS, TimeUnit.SECONDS);
  }
}
