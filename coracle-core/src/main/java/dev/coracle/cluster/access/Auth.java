package dev.coracle.cluster.access;

import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.paths.OpenIdDocuments;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.WatchedAuthorizer;
import dev.coracle.auth.rbac.EscalationCheck;
import dev.coracle.auth.rbac.RbacAuthorizer;
import dev.coracle.auth.reviews.Reviews;
import dev.coracle.auth.tokens.ServiceAccountTokens;
import dev.coracle.auth.tokens.TokenKeys;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.AuthenticationOptions;
import dev.coracle.cluster.options.AuthorizationOptions;
import dev.coracle.cluster.pki.KeyFiles;
import dev.coracle.cluster.pki.Pki;
import dev.coracle.cluster.start.StartException;
import dev.coracle.registry.VirtualResource;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Authentication and authorization, put together. */
public final class Auth implements AutoCloseable {

  private static final String ISSUER = "https://kubernetes.default.svc";

  private final AuthenticationOptions options;
  private final TokenKeys keys;
  private final ServiceAccountTokens tokens;
  private final Authenticators authenticators;
  private final Authorizers authorizers;
  private final WatchedAuthorizer watched;
  private volatile @Nullable RbacAuthorizer rbac;

  /**
   * @param client the API as the API server itself, usable once that has started
   * @throws StartException when a file that the options name is of no use
   */
  public Auth(ApiServerOptions server, Pki pki, Supplier<Client> client, Clock clock) {
    options = server.authentication();
    AuthenticationOptions.ServiceAccounts accounts = options.serviceAccounts();
    keys = keys(accounts, pki);
    List<String> issuers = accounts.issuers().isEmpty() ? List.of(ISSUER) : accounts.issuers();
    tokens =
        new ServiceAccountTokens(
            keys,
            issuers,
            accounts.apiAudiences().isEmpty()
                ? List.of(issuers.getFirst())
                : accounts.apiAudiences(),
            accounts.longest(),
            accounts.extend(),
            client,
            clock);
    authenticators = new Authenticators(options, pki, tokens, client, clock);
    authorizers = new Authorizers(server.authorization(), client, this::byPolicy, clock);
    watched = WatchedAuthorizer.of(authorizers.all());
  }

  private static TokenKeys keys(AuthenticationOptions.ServiceAccounts accounts, Pki pki) {
    KeyPair signing =
        accounts.signingKeyFile() == null
            ? new KeyPair(pki.tokenPublicKey(), pki.tokenKey())
            : KeyFiles.keyPair("--service-account-signing-key-file", accounts.signingKeyFile());
    List<PublicKey> verifying = new ArrayList<>(List.of(signing.getPublic()));
    for (Path file : accounts.keyFiles()) {
      verifying.addAll(KeyFiles.publicKeys("--service-account-key-file", file));
    }
    try {
      return new TokenKeys(signing.getPrivate(), verifying);
    } catch (IllegalArgumentException e) {
      throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
  }

  private Authorizer.Answer byPolicy(AuthorizationAttributes attributes) {
    RbacAuthorizer policy = rbac;
    return policy == null ? Authorizer.Answer.NO_OPINION : policy.authorize(attributes);
  }

  /** Reads Roles and bindings from now on; returns when the stored ones are known. */
  public void startRbac(Informers informers) throws InterruptedException {
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
      new EscalationCheck(policy, watched).check(attributes);
    }
  }

  /** Whether a node may ask for tokens of an account for an audience that its Pods don't name. */
  boolean mayRequestAudience(UserInfo user, String audience, String namespace, String account) {
    return watched
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

  public ServiceAccountTokens tokens() {
    return tokens;
  }

  public Authenticators authenticators() {
    return authenticators;
  }

  public Authorizer authorizer() {
    return watched;
  }

  /**
   * @param serverUrl where others read the keys, unless the options say otherwise
   */
  public OpenIdDocuments openId(String serverUrl) {
    String configured = options.serviceAccounts().jwksUri();
    String uri = configured.isEmpty() ? serverUrl + "/openid/v1/jwks" : configured;
    return new OpenIdDocuments(() -> tokens.openidConfiguration(uri), () -> Json.read(keys.jwks()));
  }

  private Reviews.Rules rules(UserInfo user, String namespace) {
    RbacAuthorizer policy = rbac;
    return new Reviews.Rules(
        policy == null || !authorizers.has(AuthorizationOptions.Mode.RBAC)
            ? List.of()
            : policy.rulesFor(user, namespace),
        unresolved(user));
  }

  /** Which authorizers can't tell all that they allow. */
  private String unresolved(UserInfo user) {
    List<String> errors = new ArrayList<>();
    if (user.node() != null && authorizers.has(AuthorizationOptions.Mode.NODE)) {
      errors.add("node authorizer does not support user rule resolution");
    }
    if (authorizers.has(AuthorizationOptions.Mode.WEBHOOK)) {
      errors.add("webhook authorizer does not support user rule resolution");
    }
    return String.join(", ", errors);
  }

  /** What answers the resources of which nothing is stored, as the registry names them. */
  public Map<String, VirtualResource> virtuals() {
    Reviews reviews =
        new Reviews(
            authenticators.byToken(), authorizers.all(), this::rules, tokens.apiAudiences());
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
        (context, namespace, name, body) ->
            tokens.request(namespace, name, body, context.warnings()));
    return virtuals;
  }

  @Override
  public void close() throws Exception {
    authenticators.close();
    authorizers.close();
  }
}
