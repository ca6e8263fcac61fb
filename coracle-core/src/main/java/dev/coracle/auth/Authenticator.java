package dev.coracle.auth;

import dev.coracle.api.UserInfo;
import java.util.List;

/**
 * Tells who makes a request. Called once for each request, on a virtual thread; it may block. It
 * never throws for bad credentials: that is {@link Result.Rejected}.
 */
public interface Authenticator {

  /** An outcome of authentication. */
  sealed interface Result {

    /** The credentials are good. Whoever issued them adds {@code system:authenticated}. */
    record Authenticated(UserInfo user) implements Result {}

    /** The request carries no credentials of a kind that this authenticator knows. */
    record Anonymous() implements Result {}

    /** The request carries credentials, and they are not good: 401. {@code why} is for the log. */
    record Rejected(String why) implements Result {}
  }

  Result authenticate(AuthenticationRequest request);

  /**
   * The first of several that does not answer Anonymous. As in Kubernetes, one that rejects does
   * not keep a later one from accepting.
   */
  static Authenticator union(List<Authenticator> authenticators) {
    return request -> {
      Result answer = new Result.Anonymous();
      for (Authenticator authenticator : authenticators) {
        Result result = authenticator.authenticate(request);
        switch (result) {
          case Result.Authenticated authenticated -> {
            return authenticated;
          }
          case Result.Rejected rejected -> answer = rejected;
          case Result.Anonymous anonymous -> {
            // the next one may know the credentials
          }
        }
      }
      return answer;
    };
  }
}
