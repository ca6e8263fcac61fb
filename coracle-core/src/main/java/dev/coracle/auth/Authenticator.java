package dev.coracle.auth;

import dev.coracle.api.UserInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells who makes a request. Called once for each request, on a virtual thread; it may block. It
 * never throws for bad credentials: that is {@link Result.Rejected}.
 */
public interface Authenticator {

  /** An outcome of authentication. */
  sealed interface Result {

    /**
     * The credentials are good.
     *
     * @param audiences those of the asked ones that a token is for; empty for other credentials
     */
    record Authenticated(UserInfo user, List<String> audiences) implements Result {
      public Authenticated {
        audiences = List.copyOf(audiences);
      }

      public Authenticated(UserInfo user) {
        this(user, List.of());
      }
    }

    /** The request carries no credentials of a kind that this authenticator knows. */
    record Anonymous() implements Result {}

    /** The request carries credentials, and they are not good: 401. {@code why} is for the log. */
    record Rejected(String why) implements Result {}
  }

  Result authenticate(AuthenticationRequest request);

  /** As Kubernetes puts several errors together: those that are the same count once. */
  static String aggregate(List<String> errors) {
    List<String> distinct = errors.stream().distinct().toList();
    return distinct.size() == 1 ? distinct.getFirst() : "[" + String.join(", ", distinct) + "]";
  }

  /**
   * Asks several in order: the first that accepts decides. As in Kubernetes, one that rejects does
   * not keep a later one from accepting. Whoever is accepted is in the group {@code
   * system:authenticated}.
   */
  static Authenticator union(List<Authenticator> authenticators) {
    return request -> {
      List<String> reasons = new ArrayList<>();
      for (Authenticator authenticator : authenticators) {
        switch (authenticator.authenticate(request)) {
          case Result.Authenticated good -> {
            return new Result.Authenticated(authenticated(good.user()), good.audiences());
          }
          case Result.Rejected bad -> reasons.add(bad.why());
          case Result.Anonymous none -> {
            // The next one may know the credentials.
          }
        }
      }
      return reasons.isEmpty() ? new Result.Anonymous() : new Result.Rejected(aggregate(reasons));
    };
  }

  private static UserInfo authenticated(UserInfo user) {
    List<String> known = user.groups();
    if (known.contains("system:authenticated") || known.contains("system:unauthenticated")) {
      return user;
    }
    List<String> groups = new ArrayList<>(known);
    groups.add("system:authenticated");
    return new UserInfo(user.name(), user.uid(), groups, user.extra());
  }
}
