package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks {@code grpc.health.v1.Health/Check} once; succeeds for SERVING. One request and its answer
 * over a plain socket in HTTP/2 with prior knowledge (RFC 9113); the header blocks that come back
 * are Netty's to decode.
 */
final class GrpcProbe {

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 32;
  private static final int MAX_FRAME = 1 << 14;
  private static final String[] STATES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

  private final DataInputStream input;
  private final DataOutputStream output;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();
  private String grpcStatus = "";
  private String grpcMessage = "";

  private GrpcProbe(Socket socket) throws IOException {
    input = new DataInputStream(socket.getInputStream());
    output = new DataOutputStream(socket.getOutputStream());
  }

  static Handlers.Result check(JsonNode grpc, String host, Duration timeout) {
    String address =
        (host.contains(":") ? "[" + host + "]" : host) + ":" + grpc.path("port").asInt();
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Socket socket = new Socket()) {
      try {
        socket.connect(
            new InetSocketAddress(host, grpc.path("port").asInt()), (int) timeout.toMillis());
      } catch (ConnectException | SocketTimeoutException e) {
        return failed(
            "timeout: failed to connect service \""
                + address
                + "\" within "
                + Handlers.seconds(timeout)
                + ": dial tcp "
                + address
                + ": "
                + HttpProbe.why(e));
      }
      return new GrpcProbe(socket).ask(socket, address, grpc.path("service").asText(""), deadline);
    } catch (SocketTimeoutException e) {
      return failed("timeout: health rpc did not complete within " + Handlers.seconds(timeout));
    } catch (IOException | Http2Exception e) {
      return failed("error: health rpc probe failed: " + e.getMessage());
    }
  }

  private static Handlers.Result failed(String message) {
    return new Handlers.Result(Handlers.Outcome.FAILURE, message);
  }

  private Handlers.Result ask(Socket socket, String address, String service, long deadline)
      throws IOException, Http2Exception {
    output.write(PREFACE);
    frame(SETTINGS, 0, 0, new byte[0]);
    frame(HEADERS, END_HEADERS, 1, requestHeaders(address));
    frame(DATA, END_STREAM, 1, requestBody(service));
    output.flush();
    boolean ended = false;
    while (!ended) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new SocketTimeoutException();
      }
      socket.setSoTimeout((int) left);
      ended = readFrame();
    }
    return result();
  }

  private Handlers.Result result() {
    if (grpcStatus.equals("12")) {
      return failed(
          "error: this server does not implement the grpc health protocol"
              + " (grpc.health.v1.Health): "
              + grpcMessage);
    }
    if (!grpcStatus.equals("0")) {
      return failed(
          "error: health rpc probe failed: rpc error: code = "
              + grpcStatus
              + " desc = "
              + grpcMessage);
    }
    int state = servingStatus(body.toByteArray());
    if (state == 1) {
      return Handlers.Result.SUCCESS;
    }
    String name = state < STATES.length ? STATES[state] : Integer.toString(state);
    return failed("service unhealthy (responded with \"" + name + "\")");
  }

  /** {@code HealthCheckResponse.status}, field 1, behind the five bytes of a gRPC message. */
  private static int servingStatus(byte[] message) {
    return message.length >= 7 && message[5] == 8 ? message[6] : 0;
  }

  private static byte[] requestBody(String service) throws IOException {
    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    if (name.length > 0) {
      message.write(0x0a);
      message.write(varint(name.length));
      message.write(name);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(bytes);
    data.writeByte(0);
    data.writeInt(message.size());
    message.writeTo(data);
    return bytes.toByteArray();
  }

  private static byte[] varint(int value) {
    return value < 128
        ? new byte[] {(byte) value}
        : new byte[] {(byte) (value & 127 | 128), (byte) (value >> 7)};
  }

  /** All as literals without indexing and without Huffman (RFC 7541, 6.2.2). */
  private static byte[] requestHeaders(String address) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    header(block, ":method", "POST");
    header(block, ":scheme", "http");
    header(block, ":path", "/grpc.health.v1.Health/Check");
    header(block, ":authority", address);
    header(block, "content-type", "application/grpc");
    header(block, "user-agent", "kube-probe/1.36");
    header(block, "te", "trailers");
    return block.toByteArray();
  }

  private static void header(ByteArrayOutputStream block, String name, String value)
      throws IOException {
    block.write(0);
    for (String text : new String[] {name, value}) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      if (bytes.length < 127) {
        block.write(bytes.length);
      } else {
        block.write(127);
        block.write(varint(bytes.length - 127));
      }
      block.write(bytes);
    }
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    output.writeByte(payload.length >> 16);
    output.writeShort(payload.length);
    output.writeByte(type);
    output.writeByte(flags);
    output.writeInt(stream);
    output.write(payload);
  }

  /**
   * @return whether the answer is complete
   */
  private boolean readFrame() throws IOException, Http2Exception {
    int length = input.readUnsignedByte() << 16 | input.readUnsignedShort();
    int type = input.readUnsignedByte();
    int flags = input.readUnsignedByte();
    int stream = input.readInt() & Integer.MAX_VALUE;
    if (length > MAX_FRAME) {
      throw new IOException("frame too large: is it an HTTP/2 server?");
    }
    byte[] payload = new byte[length];
    input.readFully(payload);
    switch (type) {
      case DATA -> body.write(unpadded(payload, flags & PADDED));
      case HEADERS -> block.write(unpadded(payload, flags & (PADDED | PRIORITY)));
      case CONTINUATION -> block.write(payload);
      case SETTINGS, PING -> {
        if ((flags & ACK) == 0) {
          frame(type, ACK, 0, type == PING ? payload : new byte[0]);
          output.flush();
        }
      }
      case RST_STREAM, GOAWAY -> throw new IOException("the server closed the stream");
      default -> {}
    }
    boolean headers = type == HEADERS || type == CONTINUATION;
    if (headers && (flags & END_HEADERS) != 0) {
      readHeaders(stream);
    }
    ended |= stream == 1 && (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    return ended && block.size() == 0;
  }

  private boolean ended;

  private static byte[] unpadded(byte[] payload, int flags) {
    int padding = (flags & PADDED) != 0 ? payload[0] & 255 : 0;
    int from = ((flags & PADDED) != 0 ? 1 : 0) + ((flags & PRIORITY) != 0 ? 5 : 0);
    int to = payload.length - padding;
    return from == 0 && padding == 0
        ? payload
        : java.util.Arrays.copyOfRange(payload, Math.min(from, to), to);
  }

  private void readHeaders(int stream) throws Http2Exception {
    Http2Headers headers =
        decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block.toByteArray()));
    block.reset();
    grpcStatus = text(headers.get("grpc-status"), grpcStatus);
    grpcMessage = text(headers.get("grpc-message"), grpcMessage);
  }

  private static String text(@Nullable CharSequence value, String otherwise) {
    return value == null ? otherwise : value.toString();
  }
}
