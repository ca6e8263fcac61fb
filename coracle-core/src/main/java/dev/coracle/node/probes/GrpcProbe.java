package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/** The gRPC health check, which this version does not speak: it never succeeds and says why. */
final class GrpcProbe {

  private GrpcProbe() {}

  static Handlers.Result check(JsonNode grpc, String host, Duration timeout) {
    return new Handlers.Result(
        false,
        "gRPC probes are not supported by this node (port "
            + grpc.path("port").asInt()
            + " of "
            + host
            + "); use httpGet, tcpSocket or exec");
  }
}
