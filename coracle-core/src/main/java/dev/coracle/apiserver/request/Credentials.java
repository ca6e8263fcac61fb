package dev.coracle.apiserver.request;

import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthenticationRequest;

/** How a request says who makes it. */
public sealed interface Credentials {

  /** How a browser sends a bearer token: behind this, as a WebSocket subprotocol. */
  String BEARER_PROTOCOL = "base64url.bearer.authorization.k8s.io.";

  /** A component of this process, whose identity the wiring gave. */
  record Known(UserInfo user) implements Credentials {}

  /** What came over the wire, to be authenticated. */
  record Presented(AuthenticationRequest request) implements Credentials {}
}
