package dev.coracle.cluster.access;

import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.TokenAuthenticator;
import dev.coracle.auth.oidc.AuthenticationConfiguration;
import dev.coracle.auth.oidc.JwtIssuer;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The providers and the anonymous paths of {@code --authentication-config}, read again when the
 * file changes (looked at once a second, when somebody asks). A file that became useless changes
 * nothing.
 */
final class ConfiguredProviders implements TokenAuthenticator {

  private static final Logger LOG = LoggerFactory.getLogger(ConfiguredProviders.class);
  private static final long LOOK_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

  private record State(
      String version, AuthenticationConfiguration configuration, TokenAuthenticator tokens) {}

  private final Path file;
  private final Function<Path, AuthenticationConfiguration> reader;
  private final Function<JwtIssuer, TokenAuthenticator> providers;
  private volatile State state;
  private volatile long lookedAt;

  /**
   * @param reader throws a StartException when the file is of no use
   * @param providers makes the authenticator of one provider
   */
  ConfiguredProviders(
      Path file,
      Function<Path, AuthenticationConfiguration> reader,
      Function<JwtIssuer, TokenAuthenticator> providers) {
    this.file = file;
    this.reader = reader;
    this.providers = providers;
    this.state = read(version());
    this.lookedAt = System.nanoTime();
  }

  AuthenticationConfiguration configuration() {
    return current().configuration();
  }

  @Override
  public Result authenticate(String token, List<String> audiences) {
    return current().tokens().authenticate(token, audiences);
  }

  private State current() {
    State known = state;
    if (System.nanoTime() - lookedAt < LOOK_AGAIN_NANOS) {
      return known;
    }
    return look();
  }

  private synchronized State look() {
    State known = state;
    lookedAt = System.nanoTime();
    String version = version();
    if (version.equals(known.version())) {
      return known;
    }
    try {
      state = read(version);
      LOG.info("{} was read again", file);
    } catch (StartException e) {
      state = new State(version, known.configuration(), known.tokens());
      LOG.warn("what it said before still holds: {}", e.getMessage());
    }
    return state;
  }

  private State read(String version) {
    AuthenticationConfiguration configuration = reader.apply(file);
    List<TokenAuthenticator> all = new ArrayList<>();
    configuration.issuers().forEach(issuer -> all.add(providers.apply(issuer)));
    return new State(version, configuration, TokenAuthenticator.union(all));
  }

  private String version() {
    try {
      return Files.getLastModifiedTime(file) + "|" + Files.size(file);
    } catch (IOException e) {
      return "unreadable";
    }
  }
}
