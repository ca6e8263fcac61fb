package dev.coracle.auth.tokens;

import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.TokenAuthenticator;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers for a while whose a token is, so that an authenticator that is far away is asked
 * seldom. Tokens are kept as their SHA-256 only. An error to ask is not remembered.
 */
public final class TokenCache implements TokenAuthenticator {

  private static final int REMEMBERED = 4096;

  private record Key(String digest, List<String> audiences) {}

  private record Known(Result result, Instant until) {}

  private final TokenAuthenticator authenticator;
  private final Duration accepted;
  private final Duration refused;
  private final InstantSource clock;
  private final Map<Key, Known> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Known> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * @param accepted how long a good token is remembered
   * @param refused how long one is that the authenticator does not know
   */
  public TokenCache(
      TokenAuthenticator authenticator, Duration accepted, Duration refused, InstantSource clock) {
    this.authenticator = authenticator;
    this.accepted = accepted;
    this.refused = refused;
    this.clock = clock;
  }

  @Override
  public Result authenticate(String token, List<String> audiences) {
    Key key = new Key(TokenDigest.of(token), List.copyOf(audiences));
    Instant now = clock.instant();
    synchronized (known) {
      Known before = known.get(key);
      if (before != null && now.isBefore(before.until())) {
        return before.result();
      }
    }
    Result result = authenticator.authenticate(token, audiences);
    Duration kept =
        switch (result) {
          case Result.Authenticated good -> accepted;
          case Result.Anonymous none -> refused;
          case Result.Rejected error -> Duration.ZERO;
        };
    if (kept.isPositive()) {
      synchronized (known) {
        known.put(key, new Known(result, now.plus(kept)));
      }
    }
    return result;
  }
}
