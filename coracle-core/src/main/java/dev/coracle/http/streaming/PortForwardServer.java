package dev.coracle.http.streaming;

import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The server's side of port-forward: SPDY ({@code portforward.k8s.io}), the same through a
 * WebSocket tunnel ({@code SPDY/3.1+portforward.k8s.io}, KEP-4006), and the older WebSocket
 * channels ({@code v4.channel.k8s.io}, two for each port).
 */
public final class PortForwardServer {

  static final String PROTOCOL = "portforward.k8s.io";
  private static final String TUNNEL = "SPDY/3.1+" + PROTOCOL;
  private static final List<String> WEB_SOCKET =
      List.of(TUNNEL, "v4.channel.k8s.io", "v4.base64.channel.k8s.io");

  /** Connects to ports of the Pod. */
  @FunctionalInterface
  public interface Connector {
    /**
     * @throws IOException whose message the client is told
     */
    PortForwardTarget connect(int port) throws IOException;
  }

  private PortForwardServer() {}

  /**
   * Answers one request and forwards until the client ends the session.
   *
   * @param ports that the request's query names; only the WebSocket channels need them
   */
  public static void serve(
      HttpRequest request, HttpResponder responder, List<Integer> ports, Connector connector)
      throws IOException {
    if (request.isUpgradeTo("websocket")) {
      String protocol = ChannelProtocol.choose(request, WEB_SOCKET);
      if (protocol == null) {
        RemoteCommandServer.refuse(
            responder, request.headers().elements("sec-websocket-protocol"), WEB_SOCKET);
      } else if (protocol.equals(TUNNEL)) {
        new SpdyPortForward(responder.upgradeToSpdyOverWebSocket(protocol), connector).run();
      } else if (ports.isEmpty()) {
        refuse(responder, "query parameter \"port\" is required");
      } else {
        new WebSocketPortForward(responder.upgradeToWebSocket(protocol), ports, connector).run();
      }
      return;
    }
    if (!request.isUpgradeTo("SPDY/3.1")) {
      refuse(responder, "Upgrade request required");
      return;
    }
    List<String> asked = request.headers().elements("x-stream-protocol-version");
    if (!asked.isEmpty() && !asked.contains(PROTOCOL)) {
      RemoteCommandServer.refuse(responder, asked, List.of(PROTOCOL));
      return;
    }
    Headers fields = new Headers();
    if (!asked.isEmpty()) {
      fields.add("X-Stream-Protocol-Version", PROTOCOL);
    }
    new SpdyPortForward(responder.upgradeToSpdy(fields), connector).run();
  }

  private static void refuse(HttpResponder responder, String why) {
    responder.send(
        400,
        Headers.of("Content-Type", "text/plain; charset=utf-8"),
        (why + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
