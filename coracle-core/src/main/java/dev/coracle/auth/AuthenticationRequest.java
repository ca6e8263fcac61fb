package dev.coracle.auth;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What authentication may look at.
 *
 * @param headers by lower-case name, each with its values in order
 * @param peerCertificates the client's chain, its own certificate first; empty without TLS client
 *     authentication. The TLS layer has not verified it: that is the authenticator's work
 * @param webSocketToken the token of a {@code base64url.bearer.authorization.k8s.io.} subprotocol,
 *     decoded; null when there is none
 */
public record AuthenticationRequest(
    Map<String, List<String>> headers,
    List<X509Certificate> peerCertificates,
    @Nullable String webSocketToken) {

  /** The first value of a header (lower-case name), or null. */
  public @Nullable String header(String name) {
    List<String> values = headers.get(name);
    return values == null || values.isEmpty() ? null : values.getFirst();
  }

  /**
   * The token of {@code Authorization: Bearer}, or of a WebSocket subprotocol; null when there is
   * none.
   */
  public @Nullable String bearerToken() {
    String authorization = header("authorization");
    if (authorization != null) {
      String trimmed = authorization.strip();
      int space = trimmed.indexOf(' ');
      if (space > 0 && trimmed.substring(0, space).equalsIgnoreCase("bearer")) {
        String token = trimmed.substring(space + 1).strip();
        return token.isEmpty() ? webSocketToken : token;
      }
    }
    return webSocketToken;
  }
}
