package dev.coracle.cluster.access;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.BearerTokenAuthenticator;
import dev.coracle.auth.CertificateVerifier;
import dev.coracle.auth.ClientCertificateAuthenticator;
import dev.coracle.auth.RequestHeaderAuthenticator;
import dev.coracle.auth.TokenAuthenticator;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.auth.oidc.AuthenticationConfiguration;
import dev.coracle.auth.oidc.JwtIssuer;
import dev.coracle.auth.oidc.OidcAuthenticator;
import dev.coracle.auth.tokens.BootstrapTokenAuthenticator;
import dev.coracle.auth.tokens.ServiceAccountTokenAuthenticator;
import dev.coracle.auth.tokens.ServiceAccountTokens;
import dev.coracle.auth.tokens.TokenCache;
import dev.coracle.auth.tokens.TokenFileAuthenticator;
import dev.coracle.auth.webhook.ReviewServer;
import dev.coracle.auth.webhook.WebhookTokenAuthenticator;
import dev.coracle.client.Client;
import dev.coracle.cluster.options.AuthenticationOptions;
import dev.coracle.cluster.pki.KeyFiles;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.cluster.start.StartException;
import dev.coracle.http.HttpOrigins;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** All ways to say who one is, in the order in which kube-apiserver tries them. */
public final class Authenticators implements AutoCloseable {

  private static final Duration REMEMBERED = Duration.ofSeconds(10);

  private final AuthenticationOptions options;
  private final Pki pki;
  private final ServiceAccountTokens accounts;
  private final Supplier<Client> client;
  private final InstantSource clock;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private volatile List<X509Certificate> clientAuthorities;
  private final List<X509Certificate> frontProxyAuthorities;
  private final TokenAuthenticator tokens;
  private final Authenticator all;
  private Predicate<String> anonymous = path -> true;

  /**
   * @throws StartException naming the flag and the file that is of no use
   */
  Authenticators(
      AuthenticationOptions options,
      Pki pki,
      ServiceAccountTokens accounts,
      Supplier<Client> client,
      InstantSource clock) {
    this.options = options;
    this.pki = pki;
    this.accounts = accounts;
    this.client = client;
    this.clock = clock;
    if (Boolean.FALSE.equals(options.anonymous())) {
      anonymous = path -> false;
    }
    clientAuthorities = readClientAuthorities();
    frontProxyAuthorities = frontProxyAuthorities();
    tokens = tokens();
    all =
        Authenticator.union(
            List.of(
                new RequestHeaderAuthenticator(
                    new CertificateVerifier(() -> frontProxyAuthorities, clock), names()),
                new ClientCertificateAuthenticator(
                    new CertificateVerifier(() -> clientAuthorities, clock)),
                new BearerTokenAuthenticator(tokens, accounts.apiAudiences())));
  }

  public Authenticator all() {
    return all;
  }

  TokenAuthenticator byToken() {
    return tokens;
  }

  /** Paths for which requests without credentials go on. */
  public Predicate<String> anonymous() {
    return anonymous;
  }

  /** Whose certificates clients may show: what a TLS server tells them. */
  List<X509Certificate> acceptedAuthorities() {
    List<X509Certificate> accepted = new ArrayList<>(clientAuthorities);
    accepted.addAll(frontProxyAuthorities);
    return accepted;
  }

  private List<X509Certificate> readClientAuthorities() {
    List<X509Certificate> authorities = new ArrayList<>(List.of(pki.authority().certificate()));
    if (options.clientCa() != null) {
      authorities.addAll(certificates("--client-ca-file", options.clientCa()));
    }
    return List.copyOf(authorities);
  }

  /**
   * Reads {@code --client-ca-file} again; its authorities are believed from now on, and others no
   * more.
   *
   * @throws StartException when it is of no use; what was read before stays
   */
  public List<X509Certificate> rereadClientAuthorities() {
    clientAuthorities = readClientAuthorities();
    return acceptedAuthorities();
  }

  /** What {@link #rereadClientAuthorities} reads. */
  public List<Path> clientAuthorityFiles() {
    return options.clientCa() == null ? List.of() : List.of(options.clientCa());
  }

  /** What extension servers must know to believe the same: data of a ConfigMap. */
  public Map<String, String> published() {
    AuthenticationOptions.FrontProxy proxy = options.frontProxy();
    Map<String, String> data = new TreeMap<>();
    data.put("client-ca-file", pem(clientAuthorities));
    data.put("requestheader-client-ca-file", pem(frontProxyAuthorities));
    data.put("requestheader-allowed-names", json(proxy.allowedNames()));
    data.put("requestheader-username-headers", json(proxy.userHeaders()));
    data.put("requestheader-uid-headers", json(proxy.uidHeaders()));
    data.put("requestheader-group-headers", json(proxy.groupHeaders()));
    data.put("requestheader-extra-headers-prefix", json(proxy.extraPrefixes()));
    return data;
  }

  private static String pem(List<X509Certificate> certificates) {
    StringBuilder pem = new StringBuilder();
    certificates.forEach(certificate -> pem.append(Pem.of(certificate)));
    return pem.toString();
  }

  private static String json(List<String> values) {
    ArrayNode array = Json.array();
    values.forEach(array::add);
    return array.toString();
  }

  private RequestHeaderAuthenticator.Names names() {
    AuthenticationOptions.FrontProxy proxy = options.frontProxy();
    return new RequestHeaderAuthenticator.Names(
        proxy.allowedNames(),
        proxy.userHeaders(),
        proxy.uidHeaders(),
        proxy.groupHeaders(),
        proxy.extraPrefixes());
  }

  private List<X509Certificate> frontProxyAuthorities() {
    Path file = options.frontProxyCa();
    return file == null
        ? List.of(pki.frontProxyAuthority().certificate())
        : certificates("--requestheader-client-ca-file", file);
  }

  private static List<X509Certificate> certificates(String flag, Path file) {
    try {
      List<X509Certificate> certificates = Pem.certificates(Files.readString(file));
      if (certificates.isEmpty()) {
        throw new IllegalArgumentException("it has no PEM certificate");
      }
      return certificates;
    } catch (IOException | IllegalArgumentException e) {
      throw KeyFiles.useless(flag, file, e);
    }
  }

  private TokenAuthenticator tokens() {
    List<TokenAuthenticator> authenticators = new ArrayList<>();
    Path file = options.tokenFile();
    if (file != null) {
      try {
        authenticators.add(new TokenFileAuthenticator(file.toString(), Files.readString(file)));
      } catch (IOException | IllegalArgumentException e) {
        throw KeyFiles.useless("--token-auth-file", file, e);
      }
    }
    authenticators.add(new ServiceAccountTokenAuthenticator(accounts, client, clock));
    if (options.bootstrapTokens()) {
      authenticators.add(new BootstrapTokenAuthenticator(client, clock));
    }
    providers(authenticators);
    AuthenticationOptions.Webhook webhook = options.webhook();
    if (webhook != null) {
      try {
        ReviewServer server = ReviewServer.of(webhook.config());
        parts.push(server);
        authenticators.add(
            new TokenCache(
                new WebhookTokenAuthenticator(server, webhook.version(), accounts.apiAudiences()),
                webhook.cacheTtl(),
                webhook.cacheTtl(),
                clock));
      } catch (IOException e) {
        throw KeyFiles.useless("--authentication-token-webhook-config-file", webhook.config(), e);
      }
    }
    return TokenAuthenticator.union(authenticators);
  }

  private void providers(List<TokenAuthenticator> authenticators) {
    AuthenticationOptions.Oidc oidc = options.oidc();
    Path file = options.authenticationConfig();
    if (oidc == null && file == null) {
      return;
    }
    if (oidc != null && file != null) {
      throw new StartException(
          StartException.Kind.FAILED,
          "authentication-config file and oidc-* flags are mutually exclusive");
    }
    HttpOrigins origins = new HttpOrigins();
    parts.push(origins);
    if (oidc != null) {
      authenticators.add(provider(ofFlags(oidc), origins));
    }
    if (file != null) {
      ConfiguredProviders configured =
          new ConfiguredProviders(file, this::read, issuer -> provider(issuer, origins));
      authenticators.add(configured);
      anonymous(configured);
    }
  }

  private TokenAuthenticator provider(JwtIssuer issuer, HttpOrigins origins) {
    return new TokenCache(
        new OidcAuthenticator(issuer, origins, clock), REMEMBERED, Duration.ZERO, clock);
  }

  private AuthenticationConfiguration read(Path file) {
    try {
      return AuthenticationConfiguration.read(
          Files.readAllBytes(file), accounts.issuers(), new CelExpressions());
    } catch (IOException | IllegalArgumentException | dev.coracle.api.StatusException e) {
      throw KeyFiles.useless("--authentication-config", file, e);
    }
  }

  private void anonymous(ConfiguredProviders configured) {
    if (options.anonymous() != null && configured.configuration().anonymous() != null) {
      throw new StartException(
          StartException.Kind.FAILED,
          "--anonymous-auth flag cannot be set when anonymous field is configured in authentication"
              + " configuration file");
    }
    Predicate<String> otherwise = anonymous;
    anonymous =
        path -> {
          AuthenticationConfiguration.Anonymous said = configured.configuration().anonymous();
          return said == null
              ? otherwise.test(path)
              : said.enabled() && (said.paths().isEmpty() || said.paths().contains(path));
        };
  }

  private static JwtIssuer ofFlags(AuthenticationOptions.Oidc oidc) {
    String prefix = oidc.usernamePrefix();
    if (prefix == null) {
      prefix = oidc.usernameClaim().equals("email") ? "" : oidc.issuerUrl() + "#";
    } else if (prefix.equals("-")) {
      prefix = "";
    }
    List<JwtIssuer.ClaimRule> rules = new ArrayList<>();
    oidc.requiredClaims()
        .forEach((claim, value) -> rules.add(new JwtIssuer.ClaimRule.Required(claim, value)));
    return new JwtIssuer(
        oidc.issuerUrl(),
        "",
        oidc.ca() == null ? List.of() : certificates("--oidc-ca-file", oidc.ca()),
        List.of(oidc.clientId()),
        Set.copyOf(oidc.signingAlgorithms()),
        rules,
        new JwtIssuer.Mapping(oidc.usernameClaim(), prefix, null),
        oidc.groupsClaim().isEmpty()
            ? JwtIssuer.Mapping.NONE
            : new JwtIssuer.Mapping(oidc.groupsClaim(), oidc.groupsPrefix(), null),
        JwtIssuer.Mapping.NONE,
        List.of(),
        List.of());
  }

  @Override
  public void close() throws Exception {
    while (!parts.isEmpty()) {
      parts.pop().close();
    }
  }
}
