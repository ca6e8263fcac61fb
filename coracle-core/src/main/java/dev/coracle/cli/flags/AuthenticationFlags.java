package dev.coracle.cli.flags;

import dev.coracle.api.Durations;
import dev.coracle.cluster.options.AuthenticationOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who may be a user: kube-apiserver's flags. */
public final class AuthenticationFlags {

  private static final Duration LEAST = Duration.ofHours(1);
  private static final Duration MOST = Duration.ofSeconds(1L << 32);

  @Option(
      names = "--anonymous-auth",
      paramLabel = "BOOL",
      arity = "0..1",
      fallbackValue = "true",
      description = "Lets requests without credentials in as system:anonymous (default: true).")
  private @Nullable Boolean anonymous;

  @Option(
      names = "--authentication-config",
      paramLabel = "FILE",
      description = "An AuthenticationConfiguration: OpenID Connect providers, anonymous paths.")
  private @Nullable Path authenticationConfig;

  @Option(
      names = "--token-auth-file",
      paramLabel = "FILE",
      description = "Lines of token,user,uid,\"groups\".")
  private @Nullable Path tokenFile;

  @Option(
      names = "--enable-bootstrap-token-auth",
      paramLabel = "BOOL",
      arity = "0..1",
      defaultValue = "false",
      fallbackValue = "true",
      description = "Lets Secrets of type bootstrap.kubernetes.io/token authenticate.")
  private boolean bootstrapTokens;

  @Option(
      names = "--client-ca-file",
      paramLabel = "FILE",
      description = "Authorities of client certificates, besides the cluster's own.")
  private @Nullable Path clientCa;

  @Option(
      names = "--oidc-issuer-url",
      paramLabel = "URL",
      description = "An OpenID Connect provider (https).")
  private @Nullable String oidcIssuer;

  @Option(
      names = "--oidc-client-id",
      paramLabel = "ID",
      description = "The audience of its tokens.")
  private String oidcClientId = "";

  @Option(
      names = "--oidc-ca-file",
      paramLabel = "FILE",
      description = "Authorities of its server's certificate (default: the JDK's).")
  private @Nullable Path oidcCa;

  @Option(
      names = "--oidc-username-claim",
      paramLabel = "CLAIM",
      defaultValue = "sub",
      description = "The user's name (default: ${DEFAULT-VALUE}).")
  private String oidcUsernameClaim = "sub";

  @Option(
      names = "--oidc-username-prefix",
      paramLabel = "TEXT",
      description =
          "Put before it (default: the issuer and #, unless the claim is email; - is none).")
  private @Nullable String oidcUsernamePrefix;

  @Option(names = "--oidc-groups-claim", paramLabel = "CLAIM", description = "The user's groups.")
  private String oidcGroupsClaim = "";

  @Option(names = "--oidc-groups-prefix", paramLabel = "TEXT", description = "Put before each.")
  private String oidcGroupsPrefix = "";

  @Option(
      names = "--oidc-signing-algs",
      paramLabel = "ALG",
      split = ",",
      description = "How its tokens may be signed (default: RS256).")
  private List<String> oidcAlgorithms = List.of("RS256");

  @Option(
      names = "--oidc-required-claim",
      paramLabel = "CLAIM=VALUE",
      split = ",",
      description = "What its tokens must say; more than once for more.")
  private Map<String, String> oidcRequired = Map.of();

  @Option(
      names = "--authentication-token-webhook-config-file",
      paramLabel = "FILE",
      description = "A kubeconfig of a server that answers TokenReviews.")
  private @Nullable Path webhook;

  @Option(
      names = "--authentication-token-webhook-version",
      paramLabel = "v1|v1beta1",
      defaultValue = "v1beta1",
      description = "Of those TokenReviews (default: ${DEFAULT-VALUE}).")
  private String webhookVersion = "v1beta1";

  @Option(
      names = "--authentication-token-webhook-cache-ttl",
      paramLabel = "DURATION",
      defaultValue = "2m",
      description = "How long its answers are remembered (default: ${DEFAULT-VALUE}).")
  private String webhookCache = "2m";

  @Option(
      names = "--requestheader-client-ca-file",
      paramLabel = "FILE",
      description = "Authorities of front proxies' certificates (default: the cluster's own).")
  private @Nullable Path frontProxyCa;

  @Option(
      names = "--requestheader-allowed-names",
      paramLabel = "NAME",
      split = ",",
      description = "Common names of those (default: front-proxy-client; any with a CA file).")
  private @Nullable List<String> frontProxyNames;

  @Option(
      names = "--requestheader-username-headers",
      paramLabel = "HEADER",
      split = ",",
      description = "Which header names the user (default: X-Remote-User).")
  private List<String> userHeaders = List.of("X-Remote-User");

  @Option(
      names = "--requestheader-uid-headers",
      paramLabel = "HEADER",
      split = ",",
      description = "Which has the uid (default: X-Remote-Uid).")
  private List<String> uidHeaders = List.of("X-Remote-Uid");

  @Option(
      names = "--requestheader-group-headers",
      paramLabel = "HEADER",
      split = ",",
      description = "Which name the groups (default: X-Remote-Group).")
  private List<String> groupHeaders = List.of("X-Remote-Group");

  @Option(
      names = "--requestheader-extra-headers-prefix",
      paramLabel = "PREFIX",
      split = ",",
      description = "Which have extra values (default: X-Remote-Extra-).")
  private List<String> extraHeaders = List.of("X-Remote-Extra-");

  @Option(
      names = "--service-account-issuer",
      paramLabel = "URL",
      description = "In ServiceAccount tokens: the first issues, all are good.")
  private List<String> issuers = List.of();

  @Option(
      names = "--api-audiences",
      paramLabel = "AUDIENCE",
      split = ",",
      description = "Whom a token must be meant for (default: the issuer).")
  private List<String> apiAudiences = List.of();

  @Option(
      names = "--service-account-jwks-uri",
      paramLabel = "URL",
      description = "In the discovery document (default: this server's /openid/v1/jwks).")
  private String jwksUri = "";

  @Option(
      names = "--service-account-key-file",
      paramLabel = "FILE",
      description = "Further keys whose ServiceAccount tokens are good; may be repeated.")
  private List<Path> keyFiles = List.of();

  @Option(
      names = "--service-account-signing-key-file",
      paramLabel = "FILE",
      description = "The private key that signs them (default: the cluster's own).")
  private @Nullable Path signingKey;

  @Option(
      names = "--service-account-max-token-expiration",
      paramLabel = "DURATION",
      defaultValue = "0",
      description = "The longest life of one (default: no limit).")
  private String longest = "0";

  @Option(
      names = "--service-account-extend-token-expiration",
      paramLabel = "BOOL",
      arity = "0..1",
      defaultValue = "true",
      fallbackValue = "true",
      description = "Lets tokens of Pods live a year, with a warning (default: ${DEFAULT-VALUE}).")
  private boolean extend = true;

  /**
   * @throws IllegalArgumentException in one sentence, when flags don't go together
   */
  public AuthenticationOptions options() {
    Duration most = Durations.parse("--service-account-max-token-expiration", longest);
    if (!most.isZero() && (most.compareTo(LEAST) < 0 || most.compareTo(MOST) > 0)) {
      throw new IllegalArgumentException(
          "the service-account-max-token-expiration must be between 1 hour and 2^32 seconds");
    }
    if (webhook != null && !webhookVersion.equals("v1") && !webhookVersion.equals("v1beta1")) {
      throw new IllegalArgumentException(
          "--authentication-token-webhook-version is v1 or v1beta1, not " + webhookVersion);
    }
    List<String> names = frontProxyNames;
    if (names == null) {
      names = frontProxyCa == null ? List.of("front-proxy-client") : List.of();
    }
    return new AuthenticationOptions(
        anonymous,
        authenticationConfig,
        tokenFile,
        bootstrapTokens,
        oidc(),
        webhook == null
            ? null
            : new AuthenticationOptions.Webhook(
                webhook,
                webhookVersion,
                Durations.parse("--authentication-token-webhook-cache-ttl", webhookCache)),
        clientCa,
        frontProxyCa,
        new AuthenticationOptions.FrontProxy(
            names, userHeaders, uidHeaders, groupHeaders, extraHeaders),
        new AuthenticationOptions.ServiceAccounts(
            issuers, apiAudiences, jwksUri, keyFiles, signingKey, most, extend));
  }

  private AuthenticationOptions.@Nullable Oidc oidc() {
    if (oidcIssuer == null && oidcClientId.isEmpty()) {
      return null;
    }
    if (oidcIssuer == null || oidcClientId.isEmpty()) {
      throw new IllegalArgumentException(
          "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are"
              + " set");
    }
    if (!oidcIssuer.startsWith("https://")) {
      throw new IllegalArgumentException("oidc-issuer-url: URL scheme must be https");
    }
    for (String algorithm : oidcAlgorithms) {
      if (!algorithm.matches("(RS|ES|PS)(256|384|512)")) {
        throw new IllegalArgumentException(
            "oidc-signing-algs: unsupported signing algorithm \"" + algorithm + "\"");
      }
    }
    return new AuthenticationOptions.Oidc(
        oidcIssuer,
        oidcClientId,
        oidcCa,
        oidcUsernameClaim,
        oidcUsernamePrefix,
        oidcGroupsClaim,
        oidcGroupsPrefix,
        oidcAlgorithms,
        oidcRequired);
  }
}
