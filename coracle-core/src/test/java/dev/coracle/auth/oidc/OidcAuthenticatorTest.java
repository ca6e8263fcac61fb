package dev.coracle.auth.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.ExpressionCompiler;
import dev.coracle.http.HttpOrigins;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.ExpressionValues;
import dev.coracle.schema.cel.Expressions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens of a real provider, good ones and all sorts of bad ones. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OidcAuthenticatorTest {

  private static final List<String> ASKED = List.of("https://kubernetes.default.svc");

  private Provider provider;
  private HttpOrigins origins;

  @BeforeAll
  void start() throws Exception {
    provider = new Provider();
    origins = new HttpOrigins();
  }

  @AfterAll
  void stop() {
    origins.close();
    provider.close();
  }

  private static ExpressionCompiler compiler() {
    return (source, variables) -> {
      try {
        Expression expression = Expressions.compile(source, variables);
        return values -> {
          Map<String, Object> given = new HashMap<>();
          values.forEach((name, value) -> given.put(name, ExpressionValues.of(value)));
          try {
            return ExpressionValues.json(expression.evaluate(given));
          } catch (ExpressionException e) {
            throw new IllegalArgumentException(e.reason(), e);
          }
        };
      } catch (ExpressionException e) {
        throw new IllegalArgumentException(e.reason(), e);
      }
    };
  }

  private static AuthenticationConfiguration read(String yaml) {
    return AuthenticationConfiguration.read(
        yaml.getBytes(StandardCharsets.UTF_8),
        List.of("https://kubernetes.default.svc"),
        compiler());
  }

  private OidcAuthenticator authenticator(String rest) {
    return authenticator(rest, new SystemClock());
  }

  private OidcAuthenticator authenticator(String rest, InstantSource clock) {
    String yaml =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthenticationConfiguration
        jwt:
        - issuer:
            url: %s
            audiences: [coracle]
            certificateAuthority: |
        %s
        %s
        """
            .formatted(
                provider.url(),
                provider.authorityPem().indent(6).stripTrailing(),
                rest.indent(2).stripTrailing());
    return new OidcAuthenticator(read(yaml).issuers().getFirst(), origins, clock);
  }

  private static final String BY_CLAIM =
      """
      claimMappings:
        username: {claim: sub, prefix: "acme:"}
        groups: {claim: groups, prefix: "acme-"}
        uid: {claim: sub}
      """;

  private static UserInfo accepted(Result result) {
    assertThat(result).isInstanceOf(Result.Authenticated.class);
    return ((Result.Authenticated) result).user();
  }

  private static void rejected(Result result, String why) {
    assertThat(result).isInstanceOf(Result.Rejected.class);
    assertThat(((Result.Rejected) result).why()).contains(why);
  }

  @Test
  void goodToken_isTheUserThatItsClaimsMapTo() {
    UserInfo user =
        accepted(
            authenticator(BY_CLAIM)
                .authenticate(
                    provider.token("jane", "coracle", Map.of("groups", List.of("devs", "ops"))),
                    ASKED));
    assertThat(user.name()).isEqualTo("acme:jane");
    assertThat(user.uid()).isEqualTo("jane");
    assertThat(user.groups()).containsExactly("acme-devs", "acme-ops");
    assertThat(user.extra().get("authentication.kubernetes.io/credential-id").getFirst())
        .startsWith("JTI=");
  }

  @Test
  void tokenOfTheTokenEndpoint_isGood() throws Exception {
    KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
    trust.load(null, null);
    trust.setCertificateEntry("ca", provider.authorities().getFirst());
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    try (HttpClient http = HttpClient.newBuilder().sslContext(context).build()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(provider.tokenEndpoint()))
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "grant_type=client_credentials&client_id=robot&client_secret=s"
                              + "&scope=coracle"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      String token = dev.coracle.api.Json.read(answer.body()).path("access_token").asText();
      assertThat(accepted(authenticator(BY_CLAIM).authenticate(token, ASKED)).name())
          .isEqualTo("acme:robot");
    }
  }

  @Test
  void expiredToken_isRejected() {
    rejected(
        authenticator(BY_CLAIM)
            .authenticate(provider.token("jane", "coracle", Map.of(), -60), ASKED),
        "token is expired");
  }

  @Test
  void tokenOfTheFuture_isRejected() {
    InstantSource past = () -> Instant.now().minus(Duration.ofHours(1));
    rejected(
        authenticator(BY_CLAIM, past)
            .authenticate(provider.token("jane", "coracle", Map.of()), ASKED),
        "before the nbf (not before) time");
  }

  @Test
  void otherAudience_isRejected() {
    rejected(
        authenticator(BY_CLAIM).authenticate(provider.token("jane", "shop", Map.of()), ASKED),
        "expected audience");
  }

  @Test
  void otherIssuer_isUnknown() {
    assertThat(
            authenticator(BY_CLAIM).authenticate(provider.foreignToken("jane", "coracle"), ASKED))
        .isInstanceOf(Result.Anonymous.class);
    assertThat(authenticator(BY_CLAIM).authenticate("no token at all", ASKED))
        .isInstanceOf(Result.Anonymous.class);
  }

  private String payload() {
    return provider.token("jane", "coracle", Map.of()).split("\\.", -1)[1];
  }

  @Test
  void unsignedToken_isRejected() {
    String header =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(authenticator(BY_CLAIM).authenticate(header + "." + payload() + ".", ASKED))
        .isInstanceOf(Result.Rejected.class);
  }

  @Test
  void publicKeyAsSharedSecret_isRejected() throws Exception {
    JWSObject forged =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("acme").build(),
            new Payload(Base64.getUrlDecoder().decode(payload())));
    forged.sign(new MACSigner(provider.publicKey()));
    rejected(
        authenticator(BY_CLAIM).authenticate(forged.serialize(), ASKED),
        "id token signed with unsupported algorithm HS256");
  }

  @Test
  void foreignKey_isRejected() throws Exception {
    JWSObject forged =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("acme").build(),
            new Payload(Base64.getUrlDecoder().decode(payload())));
    forged.sign(new RSASSASigner(new RSAKeyGenerator(2048).generate()));
    rejected(
        authenticator(BY_CLAIM).authenticate(forged.serialize(), ASKED),
        "failed to verify signature");
  }

  @Test
  void changedPayload_isRejected() {
    String[] parts = provider.token("jane", "coracle", Map.of()).split("\\.", -1);
    String changed =
        new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
            .replace("jane", "root");
    parts[1] =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(changed.getBytes(StandardCharsets.UTF_8));
    rejected(
        authenticator(BY_CLAIM).authenticate(String.join(".", parts), ASKED),
        "failed to verify signature");
  }

  @Test
  void newKeys_areReadWhenATokenNeedsThem() throws Exception {
    try (Provider changing = new Provider()) {
      // Seconds pass by, so that the keys may be read again.
      long[] calls = new long[1];
      InstantSource clock = () -> Instant.now().plusSeconds(2 * calls[0]++);
      JwtIssuer issuer =
          new JwtIssuer(
              changing.url(),
              "",
              changing.authorities(),
              List.of("coracle"),
              JwtIssuer.ALL_ALGORITHMS,
              List.of(),
              new JwtIssuer.Mapping("sub", "", null),
              JwtIssuer.Mapping.NONE,
              JwtIssuer.Mapping.NONE,
              List.of(),
              List.of());
      OidcAuthenticator authenticator = new OidcAuthenticator(issuer, origins, clock);
      String old = changing.token("jane", "coracle", Map.of());
      assertThat(accepted(authenticator.authenticate(old, ASKED)).name()).isEqualTo("jane");
      changing.changeKeys();
      String now = changing.token("joe", "coracle", Map.of());
      assertThat(accepted(authenticator.authenticate(now, ASKED)).name()).isEqualTo("joe");
      rejected(authenticator.authenticate(old, ASKED), "failed to verify signature");
    }
  }

  @Test
  void providerThatIsAway_isSaid() {
    JwtIssuer issuer =
        new JwtIssuer(
            provider.url(),
            "",
            // Not the provider's authority.
            List.of(
                dev.coracle.auth.certificates.CertificateAuthority.create(
                        "other", Instant.now(), Duration.ofDays(1))
                    .certificate()),
            List.of("coracle"),
            JwtIssuer.ALL_ALGORITHMS,
            List.of(),
            new JwtIssuer.Mapping("sub", "", null),
            JwtIssuer.Mapping.NONE,
            JwtIssuer.Mapping.NONE,
            List.of(),
            List.of());
    rejected(
        new OidcAuthenticator(issuer, origins, new SystemClock())
            .authenticate(provider.token("jane", "coracle", Map.of()), ASKED),
        "oidc: authenticator for issuer \"" + provider.url() + "\" is not initialized");
  }

  @Test
  void expressions_mapAndRule() {
    OidcAuthenticator authenticator =
        authenticator(
            """
            claimValidationRules:
            - claim: hd
              requiredValue: acme.example
            - expression: claims.exp - claims.nbf <= 86400
              message: tokens live a day at most
            claimMappings:
              username: {expression: 'claims.sub + "@" + claims.hd'}
              groups: {expression: 'claims.roles.split(",")'}
              extra:
              - {key: acme.example/tenant, valueExpression: claims.tenant}
            userValidationRules:
            - expression: "!user.username.startsWith('system:')"
              message: no system users
            """);
    Map<String, Object> claims = Map.of("hd", "acme.example", "roles", "a,b", "tenant", "blue");
    UserInfo user =
        accepted(authenticator.authenticate(provider.token("jane", "coracle", claims), ASKED));
    assertThat(user.name()).isEqualTo("jane@acme.example");
    assertThat(user.groups()).containsExactly("a", "b");
    assertThat(user.extra()).containsEntry("acme.example/tenant", List.of("blue"));
    rejected(
        authenticator.authenticate(provider.token("system:x", "coracle", claims), ASKED),
        "no system users");
    rejected(
        authenticator.authenticate(provider.token("jane", "coracle", claims, 90_000), ASKED),
        "tokens live a day at most");
    rejected(
        authenticator.authenticate(
            provider.token("jane", "coracle", Map.of("hd", "evil.example")), ASKED),
        "required claim hd value does not match. Got = evil.example, want = acme.example");
    rejected(
        authenticator.authenticate(provider.token("jane", "coracle", Map.of()), ASKED),
        "required claim hd not present in ID token");
  }

  @Test
  void unverifiedEmail_isRejected() {
    OidcAuthenticator authenticator =
        authenticator("claimMappings: {username: {claim: email, prefix: ''}}");
    Map<String, Object> bad = Map.of("email", "jane@acme.example", "email_verified", false);
    rejected(
        authenticator.authenticate(provider.token("jane", "coracle", bad), ASKED),
        "oidc: email not verified");
    Map<String, Object> good = Map.of("email", "jane@acme.example", "email_verified", true);
    assertThat(
            accepted(authenticator.authenticate(provider.token("jane", "coracle", good), ASKED))
                .name())
        .isEqualTo("jane@acme.example");
    rejected(
        authenticator.authenticate(provider.token("jane", "coracle", Map.of()), ASKED),
        "claim not present");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{url: 'http://a.example', audiences: [a]} | username: {claim: sub, prefix: ''} | URL scheme must be https",
        "{audiences: [a]} | username: {claim: sub, prefix: ''} | jwt[0].issuer.url: Required value",
        "{url: 'https://kubernetes.default.svc', audiences: [a]} | username: {claim: sub, prefix: ''} | URL must not overlap with disallowed issuers",
        "{url: 'https://a.example'} | username: {claim: sub, prefix: ''} | at least one jwt[0].issuer.audiences is required",
        "{url: 'https://a.example', audiences: [a, b]} | username: {claim: sub, prefix: ''} | audienceMatchPolicy must be MatchAny for multiple audiences",
        "{url: 'https://a.example', audiences: [a]} | username: {claim: sub} | prefix is required when claim is set",
        "{url: 'https://a.example', audiences: [a]} | groups: {claim: g, prefix: ''} | claim or expression is required",
        "{url: 'https://a.example', audiences: [a]} | username: {expression: 'claims.'} | compilation failed",
        "{url: 'https://a.example', audiences: [a], colour: red} | username: {claim: sub, prefix: ''} | unknown field \"jwt[0].issuer.colour\""
      })
  void badConfiguration_isRefusedByItsField(String issuer, String mapping, String why) {
    String yaml =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthenticationConfiguration
        jwt:
        - issuer: %s
          claimMappings:
            %s
        """
            .formatted(issuer, mapping);
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void anonymousConditions_areRead() {
    AuthenticationConfiguration configuration =
        read(
            """
            apiVersion: apiserver.config.k8s.io/v1
            kind: AuthenticationConfiguration
            anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}]}
            """);
    assertThat(configuration.anonymous()).isNotNull();
    assertThat(configuration.anonymous().paths()).containsExactlyInAnyOrder("/livez", "/readyz");
  }
}
