package dev.coracle.cluster;

import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.OpenIdDocuments;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.ClientCertificateAuthenticator;
import dev.coracle.auth.SystemMastersAuthorizer;
import dev.coracle.auth.node.NodeAuthorizer;
import dev.coracle.auth.rbac.EscalationCheck;
import dev.coracle.auth.rbac.RbacAuthorizer;
import dev.coracle.auth.reviews.Reviews;
import dev.coracle.auth.tokens.ServiceAccountTokenAuthenticator;
import dev.coracle.auth.tokens.ServiceAccountTokens;
import dev.coracle.auth.tokens.TokenKeys;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.registry.VirtualResource;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Authentication and authorization, put together. */
final class Auth {

  private static final Duration LONGEST_TOKEN = Duration.ofDays(365);

  private final ServiceAccountTokens tokens;
  private final ServiceAccountTokenAuthenticator tokenAuthenticator;
  private final Authenticator authenticator;
  private final Authorizer authorizer;
  private volatile @Nullable RbacAuthorizer rbac;

  private final TokenKeys keys;

  private Auth(
      TokenKeys keys,
      ServiceAccountTokens tokens,
      ServiceAccountTokenAuthenticator tokenAuthenticator,
      Authenticator certificates,
      Supplier<Client> client) {
    this.keys = keys;
    this.tokens = tokens;
    this.tokenAuthenticator = tokenAuthenticator;
    this.authenticator = Authenticator.union(List.of(certificates, tokenAuthenticator));
    this.authorizer =
        Authorizer.union(
            List.of(
                new SystemMastersAuthorizer(),
                new NodeAuthorizer(client),
                attributes -> {
                  RbacAuthorizer policy = rbac;
                  return policy == null
                      ? Authorizer.Answer.NO_OPINION
                      : policy.authorize(attributes);
                }));
  }

  /**
   * @param client the API as the API server itself, usable once that has started
   */
  static Auth create(Pki pki, Supplier<Client> client, Clock clock, String issuer) {
    TokenKeys keys = new TokenKeys(pki.tokenKey(), List.of(pki.tokenPublicKey()));
    ServiceAccountTokens tokens =
        new ServiceAccountTokens(keys, issuer, List.of(issuer), LONGEST_TOKEN, client, clock);
    List<X509Certificate> authorities = List.of(pki.authority().certificate());
    return new Auth(
        keys,
        tokens,
        new ServiceAccountTokenAuthenticator(tokens, client, clock),
        new ClientCertificateAuthenticator(() -> authorities, clock),
        client);
  }

  /** Reads Roles and bindings from now on; returns when the stored ones are known. */
  void startRbac(Informers informers) throws InterruptedException {
    RbacAuthorizer policy = new RbacAuthorizer(informers);
    policy.awaitSync();
    rbac = policy;
  }

  /**
   * Nobody grants what they do not have themselves.
   *
   * @throws dev.coracle.api.StatusException 403
   */
  void checkEscalation(AdmissionAttributes attributes) {
    RbacAuthorizer policy = rbac;
    if (policy != null) {
      new EscalationCheck(policy, authorizer).check(attributes);
    }
  }

  /** Whether a node may ask for tokens of an account for an audience that its Pods don't name. */
  boolean mayRequestAudience(UserInfo user, String audience, String namespace, String account) {
    return authorizer
        .authorize(
            AuthorizationAttributes.resource(
                user,
                "request-serviceaccounts-token-audience",
                GroupVersionResource.core(audience),
                "",
                namespace,
                account))
        .allowed();
  }

  ServiceAccountTokens tokens() {
    return tokens;
  }

  /**
   * @param serverUrl where others read the keys
   */
  OpenIdDocuments openId(String serverUrl) {
    return new OpenIdDocuments(
        () -> tokens.openidConfiguration(serverUrl), () -> Json.read(keys.jwks()));
  }

  Authenticator authenticator() {
    return authenticator;
  }

  Authorizer authorizer() {
    return authorizer;
  }

  /** What answers the resources of which nothing is stored, as the registry names them. */
  Map<String, VirtualResource> virtuals() {
    Reviews reviews =
        new Reviews(
            authenticator,
            tokenAuthenticator,
            authorizer,
            (user, namespace) -> {
              RbacAuthorizer policy = rbac;
              return policy == null ? List.of() : policy.rulesFor(user, namespace);
            },
            tokens.apiAudiences());
    Map<String, VirtualResource> virtuals = new HashMap<>();
    virtuals.put("TokenReview", (context, namespace, name, body) -> reviews.tokenReview(body));
    virtuals.put(
        "SelfSubjectReview",
        (context, namespace, name, body) -> reviews.selfSubjectReview(context.user(), body));
    virtuals.put(
        "SubjectAccessReview",
        (context, namespace, name, body) -> reviews.subjectAccessReview(body));
    virtuals.put(
        "LocalSubjectAccessReview",
        (context, namespace, name, body) -> reviews.localSubjectAccessReview(namespace, body));
    virtuals.put(
        "SelfSubjectAccessReview",
        (context, namespace, name, body) -> reviews.selfSubjectAccessReview(context.user(), body));
    virtuals.put(
        "SelfSubjectRulesReview",
        (context, namespace, name, body) -> reviews.selfSubjectRulesReview(context.user(), body));
    virtuals.put(
        "TokenRequest",
        (context, namespace, name, body) -> tokens.request(namespace, name, body, false));
    return virtuals;
  }
}
