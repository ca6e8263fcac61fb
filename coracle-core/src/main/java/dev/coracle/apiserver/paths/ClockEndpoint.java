package dev.coracle.apiserver.paths;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.Durations;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.encoding.BodyReader;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.http.Headers;
import java.time.Duration;

/**
 * {@code /coracle/clock}: GET tells the cluster's time, POST with {@code {"advance":"1h30m"}} turns
 * it forward and answers when everything that became due on the way has been run. Whoever may do so
 * needs the verb on this path, as on any other outside resources.
 */
public final class ClockEndpoint implements PathEndpoint {

  private static final Duration MOST = Duration.ofDays(3660);

  private final ControllableClock clock;

  public ClockEndpoint(ControllableClock clock) {
    this.clock = clock;
  }

  @Override
  public ApiResponse serve(ApiRequest request, String rest) {
    switch (request.method()) {
      case "GET", "HEAD" -> {}
      case "POST" -> clock.advance(duration(request));
      default -> {
        return new ApiResponse.Bytes(
            405,
            "text/plain; charset=utf-8",
            "the clock takes GET and POST\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
            Headers.of("Allow", "GET, POST"));
      }
    }
    ObjectNode answer = Json.object().put("time", Timestamps.micros(clock.instant()));
    return new ApiResponse.Document(200, Json.write(answer), Negotiated.PRETTY, new Headers());
  }

  private static Duration duration(ApiRequest request) {
    String text;
    try {
      text = Json.read(BodyReader.bytes(request)).path("advance").asText("");
    } catch (IllegalArgumentException e) {
      throw StatusException.badRequest("the body is no JSON: " + e.getMessage());
    }
    try {
      Duration by = Durations.parse("advance", text);
      if (by.compareTo(MOST) > 0) {
        throw StatusException.badRequest("advance: at most " + MOST.toDays() + " days");
      }
      return by;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw StatusException.badRequest(
          "the body must say how far to turn, such as {\"advance\":\"1h30m\"}: " + e.getMessage());
    }
  }
}
