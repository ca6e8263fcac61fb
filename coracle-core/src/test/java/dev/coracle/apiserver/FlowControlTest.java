package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.filter.InFlight;
import dev.coracle.apiserver.filter.RequestLimits;
import dev.coracle.apiserver.filter.RequestTimeout;
import dev.coracle.apiserver.request.Query;
import dev.coracle.apiserver.request.RequestBody;
import dev.coracle.apiserver.request.RequestInfoResolver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many requests at a time, and how large. */
class FlowControlTest {

  private static final UserInfo ADMIN = UserInfo.of("admin", "system:masters");

  private static RequestInfo info(String method, String path) {
    return RequestInfoResolver.resolve(method, path, Query.EMPTY);
  }

  private static UserInfo user(String name) {
    return UserInfo.of(name, "system:authenticated");
  }

  @Test
  void enter_moreThanThereArePlaces_isRefusedWithRetryAfter() {
    InFlight inFlight = new InFlight(2, 1);
    RequestInfo read = info("GET", "/api/v1/pods");
    InFlight.Place first = inFlight.enter(read, user("a"));
    InFlight.Place second = inFlight.enter(read, user("b"));
    assertThatThrownBy(() -> inFlight.enter(read, user("c")))
        .isInstanceOfSatisfying(
            StatusException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(429);
              assertThat(refusal.status().reason()).isEqualTo("TooManyRequests");
              assertThat(refusal.status().details().retryAfterSeconds()).isEqualTo(1);
            });
    try (InFlight.Place write =
        inFlight.enter(info("POST", "/api/v1/namespaces/a/pods"), user("a"))) {
      assertThat(inFlight.mutating()).isEqualTo(1);
    }
    try (InFlight.Place masters = inFlight.enter(read, ADMIN)) {
      assertThat(inFlight.reading()).isEqualTo(2);
    }
    first.close();
    inFlight.enter(read, user("c")).close();
    second.close();
    assertThat(inFlight.reading()).isZero();
    assertThat(inFlight.mutating()).isZero();
  }

  @Test
  void enter_oneUserWithAllItsRequests_leavesPlacesToOthers() {
    InFlight inFlight = new InFlight(8, 8);
    RequestInfo read = info("GET", "/api/v1/pods");
    List<InFlight.Place> held = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 9; i++) {
                held.add(inFlight.enter(read, user("greedy")));
              }
            })
        .isInstanceOf(StatusException.class);
    assertThat(held).hasSize(6);
    inFlight.enter(read, user("modest")).close();
    held.forEach(InFlight.Place::close);
    assertThat(inFlight.reading()).isZero();
  }

  @Test
  void body_beyondThreeMebibytes_is413(@TempDir Path directory) throws Exception {
    try (DevServer server = new DevServer(directory);
        HttpClient http = TrustAnyone.client()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(server.url() + "/api/v1/namespaces/default/configmaps"))
              .header("Authorization", "Bearer " + DevServer.TOKEN)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[RequestBody.LIMIT + 1]))
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(413);
      assertThat(answer.body()).contains("RequestEntityTooLarge");
    }
  }

  private static final Duration MOST = RequestLimits.USUAL.timeout();

  private static Duration timeout(String asked) {
    return RequestTimeout.of(info("GET", "/api/v1/pods"), Query.parse("timeout=" + asked), MOST);
  }

  @Test
  void of_timeoutOfARequest_isReadAsGoDoes() {
    assertThat(timeout("")).isEqualTo(MOST);
    assertThat(timeout("0")).isEqualTo(MOST);
    assertThat(timeout("0s")).isEqualTo(MOST);
    assertThat(timeout("10s")).isEqualTo(Duration.ofSeconds(10));
    assertThat(timeout("1m30.5s")).isEqualTo(MOST);
    assertThat(timeout(".5s100ms")).isEqualTo(Duration.ofMillis(600));
    assertThat(timeout("-1h")).isZero();
    assertThatThrownBy(() -> timeout("abc"))
        .isInstanceOf(StatusException.class)
        .hasMessage(
            "invalid timeout specified in the request URL - time: invalid duration \"abc\"");
    assertThatThrownBy(() -> timeout("5"))
        .hasMessage(
            "invalid timeout specified in the request URL - time: missing unit in duration \"5\"");
    assertThatThrownBy(() -> timeout("9999999999h")).hasMessageContaining("invalid duration");
  }

  @Test
  void request_thatWaitsLongerThanItsTimeout_is504(@TempDir Path directory) throws Exception {
    try (DevServer server = new DevServer(directory);
        HttpClient http = TrustAnyone.client()) {
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create(
                      server.url()
                          + "/api/v1/nodes?resourceVersion=999999&timeout=100ms&timeoutSeconds=9"))
              .header("Authorization", "Bearer " + DevServer.TOKEN)
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(504);
      assertThat(answer.body())
          .contains("\"reason\":\"Timeout\"")
          .contains("Timeout: request did not complete within the allotted timeout");
    }
  }
}
