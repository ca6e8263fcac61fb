package dev.coracle.apiserver;

import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthenticationRequest;

/** How a request says who makes it. */
sealed interface Credentials {

  /** A component of this process, whose identity the wiring gave. */
  record Known(UserInfo user) implements Credentials {}

  /** What came over the wire, to be authenticated. */
  record Presented(AuthenticationRequest request) implements Credentials {}
}
