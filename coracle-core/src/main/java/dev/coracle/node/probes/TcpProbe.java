package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Succeeds when a connection opens. */
final class TcpProbe {

  private TcpProbe() {}

  static Handlers.Result connect(JsonNode tcp, JsonNode container, String podIp, Duration timeout) {
    String host = tcp.path("host").asText("").isEmpty() ? podIp : tcp.path("host").asText();
    int port;
    try {
      port = Handlers.port(tcp.path("port"), container);
    } catch (Handlers.UnknownPortException e) {
      return e.result();
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
      return Handlers.Result.SUCCESS;
    } catch (IOException e) {
      return new Handlers.Result(
          Handlers.Outcome.FAILURE, "dial tcp " + host + ":" + port + ": " + HttpProbe.why(e));
    }
  }
}
