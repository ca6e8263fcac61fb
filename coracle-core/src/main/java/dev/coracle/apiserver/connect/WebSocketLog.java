package dev.coracle.apiserver.connect;

import dev.coracle.apiserver.request.Credentials;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.WebSocketSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * A log as WebSocket messages: an empty one first, then the bytes as they come, binary ({@code
 * binary.k8s.io}, or no protocol) or as text in base64 ({@code base64.binary.k8s.io}). What the
 * client sends is ignored.
 */
final class WebSocketLog {

  private static final String BINARY = "binary.k8s.io";
  private static final String BASE64 = "base64.binary.k8s.io";

  private WebSocketLog() {}

  static void answer(HttpRequest request, HttpResponder responder, ClientResponse log)
      throws IOException {
    List<String> offers =
        request.headers().elements("sec-websocket-protocol").stream()
            .filter(offer -> !offer.startsWith(Credentials.BEARER_PROTOCOL))
            .toList();
    String protocol =
        offers.stream()
            .filter(offer -> offer.equals(BINARY) || offer.equals(BASE64))
            .findFirst()
            .orElse("");
    if (protocol.isEmpty() && !offers.isEmpty()) {
      responder.send(403, new Headers());
      return;
    }
    try (WebSocketSession session = responder.upgradeToWebSocket(protocol)) {
      session.onClose(log::close);
      boolean text = protocol.equals(BASE64);
      send(session, text, new byte[0]);
      for (byte[] chunk = log.readChunk(); chunk != null; chunk = log.readChunk()) {
        send(session, text, chunk);
      }
    }
  }

  private static void send(WebSocketSession session, boolean text, byte[] bytes)
      throws IOException {
    if (text) {
      session.sendText(
          Base64.getEncoder().encodeToString(bytes).getBytes(StandardCharsets.US_ASCII));
    } else {
      session.sendBinary(bytes);
    }
  }
}
