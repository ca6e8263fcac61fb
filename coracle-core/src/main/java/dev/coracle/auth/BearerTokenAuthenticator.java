package dev.coracle.auth;

import java.util.List;

/** Users by the token of {@code Authorization: Bearer} or of a WebSocket subprotocol. */
public final class BearerTokenAuthenticator implements Authenticator {

  static final String INVALID = "invalid bearer token";

  private final TokenAuthenticator tokens;
  private final List<String> audiences;

  /**
   * @param audiences of this server
   */
  public BearerTokenAuthenticator(TokenAuthenticator tokens, List<String> audiences) {
    this.tokens = tokens;
    this.audiences = List.copyOf(audiences);
  }

  @Override
  public Result authenticate(AuthenticationRequest request) {
    String token = request.bearerToken();
    if (token == null) {
      return new Result.Anonymous();
    }
    Result result = tokens.authenticate(token, audiences);
    return result instanceof Result.Anonymous ? new Result.Rejected(INVALID) : result;
  }
}
