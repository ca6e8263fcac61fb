package dev.coracle.apiserver.aggregation;

import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.connect.Locations;
import dev.coracle.apiserver.connect.Relay;
import dev.coracle.apiserver.connect.Target;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpOrigins;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/**
 * Passes requests on to extension servers: with this server's front-proxy certificate and the
 * user's name in headers, as an authenticating proxy does.
 */
public final class ExtensionServers {

  private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
  private static final UserInfo CHECKER =
      UserInfo.of("system:kube-aggregator", "system:masters", "system:authenticated");

  private final Locations locations;
  private final HttpOrigins origins;
  private final Relay relay;

  public ExtensionServers(Locations locations, HttpOrigins origins, Relay relay) {
    this.locations = locations;
    this.origins = origins;
    this.relay = relay;
  }

  Target target(RemoteGroup remote) {
    return locations.service(remote.namespace(), remote.service(), remote.port(), remote.tls());
  }

  /** What the extension server says of its group and version. */
  ClientResponse discover(RemoteGroup remote, Target target) throws IOException {
    Headers headers = Headers.of("Accept", "application/json");
    identify(headers, CHECKER);
    return origins
        .origin(target.host(), target.port(), target.tls())
        .send(ClientRequest.of("GET", "/apis/" + remote.groupVersion(), headers), CHECK_TIMEOUT);
  }

  public ApiResponse serve(ApiRequest request, RemoteGroup remote) {
    if (!remote.available()) {
      return ApiResponse.text(503, "service unavailable\n");
    }
    Target target = target(remote);
    return new ApiResponse.Takeover(
        (http, responder) -> {
          String query = http.rawQuery().isEmpty() ? "" : "?" + http.rawQuery();
          relay.pass(
              http,
              responder,
              target,
              http.rawPath() + query,
              null,
              headers -> identify(headers, request.user()));
        },
        own -> {
          identify(own.headers(), request.user());
          return send(target, own);
        });
  }

  private ClientResponse send(Target target, ClientRequest request) {
    try {
      return origins
          .origin(target.host(), target.port(), target.tls())
          .send(request, ANSWER_TIMEOUT);
    } catch (IOException e) {
      throw StatusException.serviceUnavailable("error trying to reach service: " + e.getMessage());
    }
  }

  private static void identify(Headers headers, UserInfo user) {
    headers.set("X-Remote-User", user.name());
    if (!user.uid().isEmpty()) {
      headers.set("X-Remote-Uid", user.uid());
    }
    user.groups().forEach(group -> headers.add("X-Remote-Group", group));
    user.extra()
        .forEach(
            (key, values) ->
                values.forEach(value -> headers.add("X-Remote-Extra-" + escaped(key), value)));
  }

  /** A key of extra may hold what a header's name may not: escaped as in a URL. */
  private static String escaped(String key) {
    return URLEncoder.encode(key.toLowerCase(Locale.ROOT), StandardCharsets.UTF_8)
        .replace("+", "%20");
  }
}
