package dev.coracle.http.streaming;

import dev.coracle.http.HttpRequest;
import dev.coracle.http.WebSocketSession;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' {@code channel.k8s.io} WebSocket subprotocols: each message begins with the number of
 * a channel; in the base64 kind messages are text, the number is a digit and the rest is encoded.
 */
final class ChannelProtocol {

  private final WebSocketSession session;
  private final boolean base64;

  ChannelProtocol(WebSocketSession session) {
    this.session = session;
    this.base64 = session.subprotocol().contains("base64.");
  }

  /** A message of a channel. */
  record ChannelMessage(int channel, byte[] data) {}

  /**
   * The first subprotocol the client asks for that is among those we speak; the empty string when
   * it asks for none; null when we speak none of them.
   */
  static @Nullable String choose(HttpRequest request, List<String> spoken) {
    List<String> asked = request.headers().elements("sec-websocket-protocol");
    if (asked.isEmpty()) {
      return "";
    }
    return asked.stream().filter(spoken::contains).findFirst().orElse(null);
  }

  /** The next message, or null at the session's end. Messages that make no sense end it. */
  @Nullable ChannelMessage receive() throws InterruptedException {
    while (true) {
      WebSocketSession.Message message = session.receive();
      if (message == null) {
        return null;
      }
      byte[] data = message.data();
      if (data.length == 0) {
        continue;
      }
      byte[] rest = Arrays.copyOfRange(data, 1, data.length);
      if (!base64) {
        return new ChannelMessage(data[0] & 0xff, rest);
      }
      try {
        return new ChannelMessage(data[0] - '0', Base64.getDecoder().decode(rest));
      } catch (IllegalArgumentException e) {
        session.close(1007, "not base64");
        return null;
      }
    }
  }

  void send(int channel, byte[] data) throws IOException {
    if (base64) {
      session.sendText(new byte[] {(byte) ('0' + channel)}, Base64.getEncoder().encode(data));
    } else {
      session.sendBinary(new byte[] {(byte) channel}, data);
    }
  }

  OutputStream output(int channel) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        send(channel, new byte[] {(byte) b});
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        if (length > 0) {
          send(channel, Arrays.copyOfRange(bytes, from, from + length));
        }
      }
    };
  }
}
