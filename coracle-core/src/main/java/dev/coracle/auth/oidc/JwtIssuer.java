package dev.coracle.auth.oidc;

import dev.coracle.auth.ExpressionCompiler.Compiled;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A provider of tokens and what becomes of its claims: one entry of {@code jwt} in an {@code
 * AuthenticationConfiguration}.
 *
 * @param url as it stands in {@code iss}
 * @param discoveryUrl where the provider's configuration is; empty for the well-known place
 * @param authorities that sign the provider's server; empty for the JDK's own
 * @param audiences of which a token must have one
 * @param algorithms in which its tokens may be signed
 * @param claimRules that must hold for the claims
 * @param username who the user is
 * @param groups none when empty
 * @param uid none when empty
 * @param extra further values of the user
 * @param userRules that must hold for the user
 */
public record JwtIssuer(
    String url,
    String discoveryUrl,
    List<X509Certificate> authorities,
    List<String> audiences,
    Set<String> algorithms,
    List<ClaimRule> claimRules,
    Mapping username,
    Mapping groups,
    Mapping uid,
    List<Extra> extra,
    List<Rule> userRules) {

  /** The algorithms that Kubernetes accepts: asymmetric ones only. */
  public static final Set<String> ALL_ALGORITHMS =
      Set.of("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512");

  /** A rule over claims: a claim that must have a value, or an expression that must be true. */
  public sealed interface ClaimRule {
    record Required(String claim, String value) implements ClaimRule {}

    record Expressed(Rule rule) implements ClaimRule {}
  }

  /**
   * An expression that must be true.
   *
   * @param message said when it is not; empty for one made of the expression
   */
  public record Rule(String expression, Compiled compiled, String message) {}

  /** Where a value comes from: a claim (with a prefix put before it), an expression, or nowhere. */
  public record Mapping(String claim, String prefix, @Nullable Compiled expression) {
    public static final Mapping NONE = new Mapping("", "", null);

    boolean isEmpty() {
      return claim.isEmpty() && expression == null;
    }
  }

  /** A key of the user's extra values. */
  public record Extra(String key, Compiled value) {}

  public JwtIssuer {
    authorities = List.copyOf(authorities);
    audiences = List.copyOf(audiences);
    algorithms = Set.copyOf(algorithms);
    claimRules = List.copyOf(claimRules);
    extra = List.copyOf(extra);
    userRules = List.copyOf(userRules);
  }
}
