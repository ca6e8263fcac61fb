package dev.coracle.auth.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.client.Client;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes ServiceAccount tokens: bound ones for a TokenRequest (KEP-1205) and legacy ones for
 * Secrets. Bound tokens carry the claims that kube-apiserver gives them ({@code kubernetes.io} with
 * namespace, account, and the Pod, Secret or Node they are bound to).
 */
public final class ServiceAccountTokens {

  /** The issuer of legacy tokens. */
  static final String LEGACY_ISSUER = "kubernetes/serviceaccount";

  private static final long DEFAULT_SECONDS = 3600;

  /** A kubelet's request for this lifetime gets a token for a year with an early warning. */
  private static final long PROJECTED_SECONDS = 3607;

  private static final Duration EXTENDED = Duration.ofDays(365);

  private final TokenKeys keys;
  private final List<String> issuers;
  private final List<String> apiAudiences;
  private final Duration longest;
  private final boolean extendProjected;
  private final Supplier<Client> client;
  private final InstantSource clock;

  /**
   * @param issuers URLs in {@code iss}: new tokens have the first, tokens of all are good
   * @param apiAudiences who accepts tokens without an audience of their own
   * @param longest the longest life of a token; zero for no limit
   * @param extendProjected whether a kubelet's request for {@value #PROJECTED_SECONDS} seconds gets
   *     a token for a year
   * @param client reads accounts and bound objects as the API server itself
   */
  public ServiceAccountTokens(
      TokenKeys keys,
      List<String> issuers,
      List<String> apiAudiences,
      Duration longest,
      boolean extendProjected,
      Supplier<Client> client,
      InstantSource clock) {
    this.keys = keys;
    this.issuers = List.copyOf(issuers);
    this.apiAudiences = List.copyOf(apiAudiences);
    this.longest = longest;
    this.extendProjected = extendProjected;
    this.client = client;
    this.clock = clock;
  }

  /** The issuer of new tokens. */
  public String issuer() {
    return issuers.getFirst();
  }

  /** All issuers whose tokens are good. */
  public List<String> issuers() {
    return issuers;
  }

  public List<String> apiAudiences() {
    return apiAudiences;
  }

  public TokenKeys keys() {
    return keys;
  }

  /** The OpenID provider document of {@code /.well-known/openid-configuration}. */
  public ObjectNode openidConfiguration(String jwksUri) {
    ObjectNode document = Json.object().put("issuer", issuer()).put("jwks_uri", jwksUri);
    document.putArray("response_types_supported").add("id_token");
    document.putArray("subject_types_supported").add("public");
    ArrayNode algorithms = document.putArray("id_token_signing_alg_values_supported");
    keys.algorithms().forEach(algorithms::add);
    return document;
  }

  /**
   * Serves {@code serviceaccounts/token}.
   *
   * @param request a valid {@code authentication.k8s.io/v1 TokenRequest}; completed in place and
   *     returned
   * @param warnings for the {@code Warning} header
   * @throws StatusException 400, 404 and 409 for a bound object that won't do
   */
  public ObjectNode request(
      String namespace, String account, ObjectNode request, List<String> warnings) {
    KubeObject serviceAccount =
        client.get().get(GroupVersionResource.core("serviceaccounts"), namespace, account);
    ObjectNode spec =
        request.get("spec") instanceof ObjectNode given ? given : request.putObject("spec");
    JsonNode reference = spec.path("boundObjectRef");
    @Nullable KubeObject boundObject =
        reference.isObject() ? bound(namespace, account, (ObjectNode) reference) : null;
    if (!(spec.get("audiences") instanceof ArrayNode audiences) || audiences.isEmpty()) {
      ArrayNode defaults = spec.putArray("audiences");
      apiAudiences.forEach(defaults::add);
    }
    long seconds = spec.path("expirationSeconds").asLong(DEFAULT_SECONDS);
    if (longest.isPositive() && seconds > longest.toSeconds()) {
      warnings.add(
          "requested expiration of "
              + seconds
              + " seconds shortened to "
              + longest.toSeconds()
              + " seconds");
      seconds = longest.toSeconds();
    }
    spec.put("expirationSeconds", seconds);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    long life = seconds;
    @Nullable Instant warnAfter = null;
    if (extendProjected
        && seconds == PROJECTED_SECONDS
        && boundObject != null
        && boundObject.kind().equals("Pod")
        && isForApi((ArrayNode) spec.get("audiences"))) {
      warnAfter = now.plusSeconds(seconds);
      life =
          longest.isPositive()
              ? Math.min(longest.toSeconds(), EXTENDED.toSeconds())
              : EXTENDED.toSeconds();
    }
    String token =
        sign(
            claims(
                serviceAccount,
                boundObject,
                (ArrayNode) spec.get("audiences"),
                now,
                life,
                warnAfter));
    ObjectNode metadata =
        request.get("metadata") instanceof ObjectNode given ? given : request.putObject("metadata");
    metadata.put("name", account);
    metadata.put("namespace", namespace);
    metadata.put("creationTimestamp", now.toString());
    request
        .putObject("status")
        .put("token", token)
        .put("expirationTimestamp", now.plusSeconds(seconds).toString());
    return request;
  }

  private boolean isForApi(ArrayNode audiences) {
    for (JsonNode audience : audiences) {
      if (!apiAudiences.contains(audience.asText())) {
        return false;
      }
    }
    return true;
  }

  private KubeObject bound(String namespace, String account, ObjectNode reference) {
    String apiVersion = reference.path("apiVersion").asText("");
    String kind = reference.path("kind").asText("");
    String name = reference.path("name").asText("");
    String uid = reference.path("uid").asText("");
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    KubeObject object =
        switch (group + "/" + kind) {
          case "/Pod" -> client.get().get(GroupVersionResource.core("pods"), namespace, name);
          case "/Secret" -> client.get().get(GroupVersionResource.core("secrets"), namespace, name);
          case "/Node" -> client.get().get(GroupVersionResource.core("nodes"), "", name);
          default ->
              throw StatusException.badRequest(
                  "cannot bind token to object of type "
                      + group
                      + "/"
                      + apiVersion.substring(slash + 1)
                      + ", Kind="
                      + kind);
        };
    if (kind.equals("Pod") && !object.text("spec", "serviceAccountName").equals(account)) {
      throw StatusException.badRequest(
          "cannot bind token for serviceaccount \""
              + account
              + "\" to pod running with different serviceaccount name.");
    }
    if (!uid.isEmpty() && !uid.equals(object.uid())) {
      throw StatusException.conflict(
          "",
          kind,
          name,
          "the UID in the bound object reference ("
              + uid
              + ") does not match the UID in record. The object might have been deleted and then"
              + " recreated");
    }
    return object;
  }

  private ObjectNode claims(
      KubeObject account,
      @Nullable KubeObject bound,
      ArrayNode audiences,
      Instant now,
      long seconds,
      @Nullable Instant warnAfter) {
    ObjectNode claims = Json.object();
    claims.set("aud", audiences.deepCopy());
    claims.put("exp", now.getEpochSecond() + seconds);
    claims.put("iat", now.getEpochSecond());
    claims.put("iss", issuer());
    claims.put("jti", UUID.randomUUID().toString());
    ObjectNode kubernetes = claims.putObject("kubernetes.io");
    kubernetes.put("namespace", account.namespace());
    if (bound != null) {
      switch (bound.kind()) {
        case "Pod" -> {
          String nodeName = bound.text("spec", "nodeName");
          KubeObject node =
              nodeName.isEmpty()
                  ? null
                  : client.get().find(GroupVersionResource.core("nodes"), "", nodeName);
          if (!nodeName.isEmpty()) {
            ObjectNode reference = kubernetes.putObject("node").put("name", nodeName);
            if (node != null) {
              reference.put("uid", node.uid());
            }
          }
          reference(kubernetes, "pod", bound);
        }
        case "Secret" -> reference(kubernetes, "secret", bound);
        default -> reference(kubernetes, "node", bound);
      }
    }
    reference(kubernetes, "serviceaccount", account);
    if (warnAfter != null) {
      kubernetes.put("warnafter", warnAfter.getEpochSecond());
    }
    claims.put("nbf", now.getEpochSecond());
    claims.put("sub", subject(account.namespace(), account.name()));
    return claims;
  }

  private static void reference(ObjectNode claims, String name, KubeObject object) {
    claims.putObject(name).put("name", object.name()).put("uid", object.uid());
  }

  static String subject(String namespace, String account) {
    return "system:serviceaccount:" + namespace + ":" + account;
  }

  /** An account as a user. */
  static UserInfo user(
      String namespace, String account, String uid, Map<String, List<String>> extra) {
    return new UserInfo(
        subject(namespace, account),
        uid,
        List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace),
        extra);
  }

  /** A token without an end for a Secret of type {@code kubernetes.io/service-account-token}. */
  public String legacy(String namespace, String account, String accountUid, String secret) {
    return sign(
        Json.object()
            .put("iss", LEGACY_ISSUER)
            .put("kubernetes.io/serviceaccount/namespace", namespace)
            .put("kubernetes.io/serviceaccount/secret.name", secret)
            .put("kubernetes.io/serviceaccount/service-account.name", account)
            .put("kubernetes.io/serviceaccount/service-account.uid", accountUid)
            .put("sub", subject(namespace, account)));
  }

  private String sign(ObjectNode claims) {
    JWSObject token =
        new JWSObject(
            new JWSHeader.Builder(keys.algorithm())
                .keyID(keys.keyId())
                .type(claims.has("exp") ? null : JOSEObjectType.JWT)
                .build(),
            new Payload(Json.write(claims)));
    try {
      token.sign(keys.signer());
    } catch (JOSEException e) {
      throw new IllegalStateException("a token could not be signed", e);
    }
    return token.serialize();
  }
}
