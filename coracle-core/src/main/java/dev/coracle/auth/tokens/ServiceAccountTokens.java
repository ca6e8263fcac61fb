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
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
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

  private static final long SHORTEST_SECONDS = 600;
  private static final long LONGEST_REQUEST_SECONDS = 1L << 32;
  private static final long DEFAULT_SECONDS = 3600;

  /** A kubelet's request for this lifetime gets a token for a year with an early warning. */
  private static final long PROJECTED_SECONDS = 3607;

  private final TokenKeys keys;
  private final String issuer;
  private final List<String> apiAudiences;
  private final Duration longest;
  private final boolean extendProjected;
  private final Supplier<Client> client;
  private final InstantSource clock;

  /**
   * @param issuer the URL in {@code iss}
   * @param apiAudiences who accepts tokens without an audience of their own; the first is the
   *     default
   * @param longest the longest life of a token
   * @param client reads accounts and bound objects as the API server itself
   */
  public ServiceAccountTokens(
      TokenKeys keys,
      String issuer,
      List<String> apiAudiences,
      Duration longest,
      Supplier<Client> client,
      InstantSource clock) {
    this.keys = keys;
    this.issuer = issuer;
    this.apiAudiences = List.copyOf(apiAudiences);
    this.longest = longest;
    this.extendProjected = true;
    this.client = client;
    this.clock = clock;
  }

  public String issuer() {
    return issuer;
  }

  public List<String> apiAudiences() {
    return apiAudiences;
  }

  public TokenKeys keys() {
    return keys;
  }

  /** The OpenID provider document of {@code /.well-known/openid-configuration}. */
  public ObjectNode openidConfiguration(String serverUrl) {
    ObjectNode document =
        Json.object().put("issuer", issuer).put("jwks_uri", serverUrl + "/openid/v1/jwks");
    document.putArray("response_types_supported").add("id_token");
    document.putArray("subject_types_supported").add("public");
    ArrayNode algorithms = document.putArray("id_token_signing_alg_values_supported");
    keys.algorithms().forEach(algorithms::add);
    return document;
  }

  /**
   * Serves {@code serviceaccounts/token}.
   *
   * @param request an {@code authentication.k8s.io/v1 TokenRequest}; completed in place and
   *     returned
   * @throws StatusException 422 for a bad spec, 404 and 409 for a bound object that is not there
   */
  public ObjectNode request(String namespace, String account, ObjectNode request, boolean dryRun) {
    KubeObject serviceAccount =
        client.get().get(GroupVersionResource.core("serviceaccounts"), namespace, account);
    ObjectNode spec =
        request.get("spec") instanceof ObjectNode given ? given : request.putObject("spec");
    List<StatusCause> causes = new ArrayList<>();
    if (!spec.has("expirationSeconds")) {
      spec.put("expirationSeconds", DEFAULT_SECONDS);
    }
    long seconds = spec.path("expirationSeconds").asLong();
    if (seconds < SHORTEST_SECONDS) {
      causes.add(
          invalid(
              "spec.expirationSeconds",
              seconds,
              "may not specify a duration less than 10 minutes"));
    }
    if (seconds > LONGEST_REQUEST_SECONDS) {
      causes.add(
          invalid(
              "spec.expirationSeconds",
              seconds,
              "may not specify a duration larger than 2^32 seconds"));
    }
    if (!causes.isEmpty()) {
      throw StatusException.invalid(
          "authentication.k8s.io",
          "TokenRequest",
          request.path("metadata").path("name").asText(""),
          causes);
    }
    JsonNode bound = spec.path("boundObjectRef");
    @Nullable KubeObject boundObject =
        bound.isObject() ? bound(namespace, account, (ObjectNode) bound) : null;
    if (!(spec.get("audiences") instanceof ArrayNode audiences) || audiences.isEmpty()) {
      ArrayNode defaults = spec.putArray("audiences");
      apiAudiences.forEach(defaults::add);
    }
    if (Duration.ofSeconds(seconds).compareTo(longest) > 0) {
      seconds = longest.toSeconds();
      spec.put("expirationSeconds", seconds);
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    long life = seconds;
    @Nullable Instant warnAfter = null;
    if (extendProjected
        && seconds == PROJECTED_SECONDS
        && boundObject != null
        && isForApi((ArrayNode) spec.get("audiences"))) {
      warnAfter = now.plusSeconds(seconds);
      life = Math.min(longest.toSeconds(), Duration.ofDays(365).toSeconds());
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
        .put("token", dryRun ? "" : token)
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

  private static StatusCause invalid(String field, Object value, String why) {
    return new StatusCause("FieldValueInvalid", "Invalid value: " + value + ": " + why, field);
  }

  private KubeObject bound(String namespace, String account, ObjectNode reference) {
    String kind = reference.path("kind").asText();
    String name = reference.path("name").asText();
    String uid = reference.path("uid").asText("");
    KubeObject object =
        switch (reference.path("apiVersion").asText() + "/" + kind) {
          case "v1/Pod" -> client.get().get(GroupVersionResource.core("pods"), namespace, name);
          case "v1/Secret" ->
              client.get().get(GroupVersionResource.core("secrets"), namespace, name);
          case "v1/Node" -> client.get().get(GroupVersionResource.core("nodes"), "", name);
          default ->
              throw StatusException.badRequest(
                  "cannot bind token for serviceaccount \""
                      + account
                      + "\" to object with group-version-kind "
                      + reference.path("apiVersion").asText()
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
      String plural =
          switch (kind) {
            case "Pod" -> "pods";
            case "Secret" -> "secrets";
            default -> "nodes";
          };
      throw StatusException.conflict(
          "",
          plural,
          name,
          "the UID in the bound object reference ("
              + uid
              + ") does not match the UID in record. The object might have been deleted and then recreated");
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
    claims.put("iss", issuer);
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
