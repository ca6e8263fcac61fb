package dev.coracle.cluster.options;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may be a user, by kube-apiserver's flags.
 *
 * @param anonymous whether requests without credentials go on as {@code system:anonymous}; null
 *     when nothing was said (they do)
 * @param authenticationConfig an {@code AuthenticationConfiguration}
 * @param tokenFile tokens in comma-separated lines
 * @param bootstrapTokens whether Secrets of type {@code bootstrap.kubernetes.io/token} authenticate
 * @param oidc a provider given by flags
 * @param webhook a kubeconfig of a server that knows tokens
 * @param clientCa further authorities of client certificates
 * @param frontProxyCa authorities of front proxies' certificates; null for the cluster's own
 * @param frontProxy how front proxies name users
 */
public record AuthenticationOptions(
    @Nullable Boolean anonymous,
    @Nullable Path authenticationConfig,
    @Nullable Path tokenFile,
    boolean bootstrapTokens,
    @Nullable Oidc oidc,
    @Nullable Webhook webhook,
    @Nullable Path clientCa,
    @Nullable Path frontProxyCa,
    FrontProxy frontProxy,
    ServiceAccounts serviceAccounts) {

  /**
   * An OpenID Connect provider.
   *
   * @param usernamePrefix null for Kubernetes' default; {@code -} for none
   */
  public record Oidc(
      String issuerUrl,
      String clientId,
      @Nullable Path ca,
      String usernameClaim,
      @Nullable String usernamePrefix,
      String groupsClaim,
      String groupsPrefix,
      List<String> signingAlgorithms,
      Map<String, String> requiredClaims) {}

  /**
   * How front proxies name users, in headers.
   *
   * @param allowedNames common names of their certificates; empty for any
   */
  public record FrontProxy(
      List<String> allowedNames,
      List<String> userHeaders,
      List<String> uidHeaders,
      List<String> groupHeaders,
      List<String> extraPrefixes) {

    public static final FrontProxy USUAL =
        new FrontProxy(
            List.of("front-proxy-client"),
            List.of("X-Remote-User"),
            List.of("X-Remote-Uid"),
            List.of("X-Remote-Group"),
            List.of("X-Remote-Extra-"));
  }

  /** A TokenReview server. */
  public record Webhook(Path config, String version, Duration cacheTtl) {}

  /**
   * ServiceAccount tokens.
   *
   * @param issuers of which the first issues; empty for the cluster's own
   * @param apiAudiences empty for the issuers
   * @param jwksUri what the discovery document says; empty for this server's
   * @param keyFiles public (or private) keys whose tokens are good; empty for the cluster's own
   * @param signingKeyFile null for the cluster's own
   * @param longest zero for no limit
   * @param extend whether tokens of Pods live a year
   */
  public record ServiceAccounts(
      List<String> issuers,
      List<String> apiAudiences,
      String jwksUri,
      List<Path> keyFiles,
      @Nullable Path signingKeyFile,
      Duration longest,
      boolean extend) {

    public static final ServiceAccounts USUAL =
        new ServiceAccounts(List.of(), List.of(), "", List.of(), null, Duration.ZERO, true);
  }

  /** What a cluster does that is told nothing. */
  public static final AuthenticationOptions USUAL =
      new AuthenticationOptions(
          null, null, null, false, null, null, null, null, FrontProxy.USUAL, ServiceAccounts.USUAL);

  public AuthenticationOptions withTokenFile(Path file) {
    return new AuthenticationOptions(
        anonymous,
        authenticationConfig,
        file,
        bootstrapTokens,
        oidc,
        webhook,
        clientCa,
        frontProxyCa,
        frontProxy,
        serviceAccounts);
  }

  public AuthenticationOptions withClientCa(Path file) {
    return new AuthenticationOptions(
        anonymous,
        authenticationConfig,
        tokenFile,
        bootstrapTokens,
        oidc,
        webhook,
        file,
        frontProxyCa,
        frontProxy,
        serviceAccounts);
  }
}
