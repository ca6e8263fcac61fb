package dev.coracle.auth.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSVerifier;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthenticationRequest;
import dev.coracle.auth.Authenticator;
import dev.coracle.client.Client;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Users by ServiceAccount token. The signature is checked once per token; expiry, audience, and
 * whether the account and the bound object (with the same uid) still exist, at every request.
 */
public final class ServiceAccountTokenAuthenticator implements Authenticator {

  private static final int REMEMBERED = 4096;

  /** How long a token of a Pod that is being deleted stays good after its deletion time. */
  private static final Duration DELETION_LEEWAY = Duration.ofSeconds(60);

  private final ServiceAccountTokens tokens;
  private final Supplier<Client> client;
  private final InstantSource clock;

  /** Claims of tokens whose signature was good, newest use last. */
  private final Map<String, JsonNode> verified =
      Collections.synchronizedMap(
          new LinkedHashMap<>(64, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, JsonNode> eldest) {
              return size() > REMEMBERED;
            }
          });

  public ServiceAccountTokenAuthenticator(
      ServiceAccountTokens tokens, Supplier<Client> client, InstantSource clock) {
    this.tokens = tokens;
    this.client = client;
    this.clock = clock;
  }

  @Override
  public Result authenticate(AuthenticationRequest request) {
    String token = request.bearerToken();
    return token == null ? new Result.Anonymous() : authenticate(token, tokens.apiAudiences());
  }

  /**
   * Looks at a token alone.
   *
   * @param audiences of which the token must have one
   */
  public Result authenticate(String token, List<String> audiences) {
    JsonNode claims = verified.get(token);
    if (claims == null) {
      claims = verify(token);
      if (claims == null) {
        return new Result.Rejected("the bearer token is not one of ours");
      }
      verified.put(token, claims);
    }
    String issuer = claims.path("iss").asText();
    if (issuer.equals(ServiceAccountTokens.LEGACY_ISSUER)) {
      return legacy(token, claims);
    }
    return issuer.equals(tokens.issuer())
        ? bound(claims, audiences)
        : new Result.Rejected("the token has another issuer");
  }

  private @Nullable JsonNode verify(String token) {
    try {
      JWSObject parsed = JWSObject.parse(token);
      if (!List.of("ES256", "RS256").contains(parsed.getHeader().getAlgorithm().getName())) {
        return null;
      }
      for (JWSVerifier verifier : tokens.keys().verifiers(parsed.getHeader().getKeyID())) {
        if (verifier.supportedJWSAlgorithms().contains(parsed.getHeader().getAlgorithm())
            && parsed.verify(verifier)) {
          return Json.read(parsed.getPayload().toBytes());
        }
      }
      return null;
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      // Not a token of ours, whatever it is.
      return null;
    }
  }

  private Result bound(JsonNode claims, List<String> audiences) {
    Instant now = clock.instant();
    if (!now.isBefore(Instant.ofEpochSecond(claims.path("exp").asLong()))) {
      return new Result.Rejected("the token has expired");
    }
    if (now.plusSeconds(60).isBefore(Instant.ofEpochSecond(claims.path("nbf").asLong()))) {
      return new Result.Rejected("the token is not valid yet");
    }
    boolean meant = false;
    for (JsonNode audience : claims.path("aud")) {
      meant |= audiences.contains(audience.asText());
    }
    if (!meant) {
      return new Result.Rejected("the token is for another audience");
    }
    JsonNode kubernetes = claims.path("kubernetes.io");
    String namespace = kubernetes.path("namespace").asText();
    JsonNode account = kubernetes.path("serviceaccount");
    KubeObject found = find("serviceaccounts", namespace, account);
    if (found == null) {
      return new Result.Rejected("the token's ServiceAccount is gone");
    }
    Map<String, List<String>> extra = new LinkedHashMap<>();
    extra.put(
        "authentication.kubernetes.io/credential-id",
        List.of("JTI=" + claims.path("jti").asText()));
    for (String kind : new String[] {"pod", "secret", "node"}) {
      JsonNode reference = kubernetes.path(kind);
      if (!reference.isObject()) {
        continue;
      }
      boolean onlyInformation = kind.equals("node") && kubernetes.path("pod").isObject();
      if (!onlyInformation) {
        KubeObject object = find(kind + "s", kind.equals("node") ? "" : namespace, reference);
        if (object == null || longDeleted(object, now)) {
          return new Result.Rejected("what the token is bound to is gone");
        }
      }
      if (!kind.equals("secret")) {
        extra.put(
            "authentication.kubernetes.io/" + kind + "-name",
            List.of(reference.path("name").asText()));
        if (reference.has("uid")) {
          extra.put(
              "authentication.kubernetes.io/" + kind + "-uid",
              List.of(reference.path("uid").asText()));
        }
      }
    }
    return new Result.Authenticated(
        user(namespace, account.path("name").asText(), found.uid(), extra));
  }

  private static boolean longDeleted(KubeObject object, Instant now) {
    String deleted = object.deletionTimestamp();
    return deleted != null && now.isAfter(Instant.parse(deleted).plus(DELETION_LEEWAY));
  }

  private Result legacy(String token, JsonNode claims) {
    String prefix = "kubernetes.io/serviceaccount/";
    String namespace = claims.path(prefix + "namespace").asText();
    String account = claims.path(prefix + "service-account.name").asText();
    KubeObject secret =
        client
            .get()
            .find(
                GroupVersionResource.core("secrets"),
                namespace,
                claims.path(prefix + "secret.name").asText());
    if (secret == null || secret.isDeleting()) {
      return new Result.Rejected("the token's Secret is gone");
    }
    String stored = secret.text("data", "token");
    String encoded =
        java.util.Base64.getEncoder()
            .encodeToString(token.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    if (!java.security.MessageDigest.isEqual(
        stored.getBytes(java.nio.charset.StandardCharsets.US_ASCII),
        encoded.getBytes(java.nio.charset.StandardCharsets.US_ASCII))) {
      return new Result.Rejected("the token is not the one of its Secret any more");
    }
    KubeObject found =
        client.get().find(GroupVersionResource.core("serviceaccounts"), namespace, account);
    if (found == null
        || !found.uid().equals(claims.path(prefix + "service-account.uid").asText())) {
      return new Result.Rejected("the token's ServiceAccount is gone");
    }
    return new Result.Authenticated(user(namespace, account, found.uid(), Map.of()));
  }

  private @Nullable KubeObject find(String resource, String namespace, JsonNode reference) {
    KubeObject object =
        client
            .get()
            .find(GroupVersionResource.core(resource), namespace, reference.path("name").asText());
    return object != null && object.uid().equals(reference.path("uid").asText()) ? object : null;
  }

  private static UserInfo user(
      String namespace, String account, String uid, Map<String, List<String>> extra) {
    List<String> groups = new ArrayList<>();
    groups.add("system:serviceaccounts");
    groups.add("system:serviceaccounts:" + namespace);
    groups.add("system:authenticated");
    return new UserInfo(ServiceAccountTokens.subject(namespace, account), uid, groups, extra);
  }
}
