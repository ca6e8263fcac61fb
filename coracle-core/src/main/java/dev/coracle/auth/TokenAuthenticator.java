package dev.coracle.auth;

import java.util.List;

/**
 * Tells whose a bearer token is. Called on a virtual thread; it may block. {@code Anonymous} means
 * that the token is of no kind that this authenticator knows.
 */
@FunctionalInterface
public interface TokenAuthenticator {

  /**
   * @param audiences of which the token must be meant for one; empty where the server has none
   */
  Authenticator.Result authenticate(String token, List<String> audiences);

  /** Asks several in order: the first that accepts decides; the reasons of the others are kept. */
  static TokenAuthenticator union(List<TokenAuthenticator> authenticators) {
    return (token, audiences) -> {
      List<String> reasons = new java.util.ArrayList<>();
      for (TokenAuthenticator authenticator : authenticators) {
        switch (authenticator.authenticate(token, audiences)) {
          case Authenticator.Result.Authenticated good -> {
            return good;
          }
          case Authenticator.Result.Rejected bad -> reasons.add(bad.why());
          case Authenticator.Result.Anonymous none -> {
            // The next one may know the token.
          }
        }
      }
      return reasons.isEmpty()
          ? new Authenticator.Result.Anonymous()
          : new Authenticator.Result.Rejected(Authenticator.aggregate(reasons));
    };
  }
}
