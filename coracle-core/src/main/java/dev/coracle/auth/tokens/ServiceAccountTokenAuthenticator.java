package dev.coracle.auth.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSVerifier;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.TokenAuthenticator;
import dev.coracle.client.Client;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
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
public final class ServiceAccountTokenAuthenticator implements TokenAuthenticator {

  private static final int REMEMBERED = 4096;
  private static final int LONGEST_TOKEN = 64 * 1024;
  private static final String EXTRA = "authentication.kubernetes.io/";
  private static final String INVALIDATED = "service account token has been invalidated";

  /** How far clocks may differ, and how long a token outlives its object's deletion time. */
  private static final Duration LEEWAY = Duration.ofSeconds(60);

  private final ServiceAccountTokens tokens;
  private final LegacyTokens legacy;
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
    this.legacy = new LegacyTokens(client, clock);
    this.client = client;
    this.clock = clock;
  }

  @Override
  public Result authenticate(String token, List<String> audiences) {
    JsonNode claims = verified.get(token);
    if (claims == null) {
      if (!isOurs(token)) {
        return new Result.Anonymous();
      }
      claims = verify(token);
      if (claims == null) {
        return new Result.Rejected("failed to verify the token's signature");
      }
      verified.put(token, claims);
    }
    if (claims.path("iss").asText("").equals(ServiceAccountTokens.LEGACY_ISSUER)) {
      Result account = legacy.authenticate(token, claims);
      return account instanceof Result.Authenticated good
          ? limited(good.user(), tokens.apiAudiences(), audiences)
          : account;
    }
    return bound(claims, audiences);
  }

  /** Whether a token says, unproven, that it was issued here. */
  private boolean isOurs(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3 || token.length() > LONGEST_TOKEN) {
      return false;
    }
    try {
      String issuer = Json.read(Base64.getUrlDecoder().decode(parts[1])).path("iss").asText("");
      return issuer.equals(ServiceAccountTokens.LEGACY_ISSUER) || tokens.issuers().contains(issuer);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private @Nullable JsonNode verify(String token) {
    try {
      JWSObject parsed = JWSObject.parse(token);
      for (JWSVerifier verifier : tokens.keys().verifiers(parsed.getHeader().getKeyID())) {
        if (verifier.supportedJWSAlgorithms().contains(parsed.getHeader().getAlgorithm())
            && TokenKeys.ALGORITHMS.contains(parsed.getHeader().getAlgorithm().getName())
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

  private static Result limited(UserInfo user, List<String> meant, List<String> asked) {
    List<String> common = meant.stream().filter(asked::contains).toList();
    if (common.isEmpty()) {
      return new Result.Rejected(
          "token audiences "
              + quoted(meant)
              + " is invalid for the target audiences "
              + quoted(asked));
    }
    return new Result.Authenticated(user, common);
  }

  private static String quoted(List<String> values) {
    List<String> quoted = new ArrayList<>();
    values.forEach(value -> quoted.add('"' + value + '"'));
    return "[" + String.join(" ", quoted) + "]";
  }

  private Result bound(JsonNode claims, List<String> audiences) {
    List<String> meant = new ArrayList<>();
    claims.path("aud").forEach(audience -> meant.add(audience.asText()));
    if (claims.path("aud").isTextual()) {
      meant.add(claims.path("aud").asText());
    }
    if (meant.stream().noneMatch(audiences::contains)) {
      return limited(UserInfo.ANONYMOUS, meant, audiences);
    }
    Instant now = clock.instant();
    if (now.minus(LEEWAY).isAfter(Instant.ofEpochSecond(claims.path("exp").asLong()))) {
      return new Result.Rejected("service account token has expired");
    }
    if (now.plus(LEEWAY).isBefore(Instant.ofEpochSecond(claims.path("nbf").asLong()))) {
      return new Result.Rejected("service account token is not valid yet");
    }
    JsonNode kubernetes = claims.path("kubernetes.io");
    String namespace = kubernetes.path("namespace").asText("");
    String account = kubernetes.path("serviceaccount").path("name").asText("");
    KubeObject found =
        client.get().find(GroupVersionResource.core("serviceaccounts"), namespace, account);
    if (found == null) {
      return new Result.Rejected("serviceaccounts \"" + account + "\" not found");
    }
    if (longDeleted(found, now)) {
      return new Result.Rejected(
          "service account " + namespace + "/" + account + " has been deleted");
    }
    String uid = kubernetes.path("serviceaccount").path("uid").asText("");
    if (!found.uid().equals(uid)) {
      return new Result.Rejected(
          "service account UID (" + found.uid() + ") does not match claim (" + uid + ")");
    }
    for (String kind : new String[] {"secret", "pod", "node"}) {
      String why = refusal(kubernetes, kind, namespace, now);
      if (why != null) {
        return new Result.Rejected(why);
      }
    }
    return limited(
        ServiceAccountTokens.user(namespace, account, uid, extra(claims)), meant, audiences);
  }

  /** Why the object of a kind that a token is bound to does not do, or null. */
  private @Nullable String refusal(
      JsonNode kubernetes, String kind, String namespace, Instant now) {
    JsonNode reference = kubernetes.path(kind);
    // A Pod's token tells its node for information only.
    boolean told = kind.equals("node") && (kubernetes.has("pod") || kubernetes.has("secret"));
    if (!reference.isObject() || told) {
      return null;
    }
    KubeObject object =
        client
            .get()
            .find(
                GroupVersionResource.core(kind + "s"),
                kind.equals("node") ? "" : namespace,
                reference.path("name").asText(""));
    if (object == null || longDeleted(object, now)) {
      return INVALIDATED;
    }
    String uid = reference.path("uid").asText("");
    if (object.uid().equals(uid)) {
      return null;
    }
    String name = kind.equals("pod") ? "pod" : kind.equals("node") ? "node" : "secret";
    return (kind.equals("secret") ? "secret" : name)
        + " UID ("
        + object.uid()
        + ") does not match service account "
        + name
        + " ref claim ("
        + uid
        + ")";
  }

  private static boolean longDeleted(KubeObject object, Instant now) {
    String deleted = object.deletionTimestamp();
    return deleted != null && now.isAfter(Instant.parse(deleted).plus(LEEWAY));
  }

  private static Map<String, List<String>> extra(JsonNode claims) {
    Map<String, List<String>> extra = new LinkedHashMap<>();
    String id = claims.path("jti").asText("");
    if (!id.isEmpty()) {
      extra.put(EXTRA + "credential-id", List.of("JTI=" + id));
    }
    for (String kind : new String[] {"pod", "node"}) {
      JsonNode reference = claims.path("kubernetes.io").path(kind);
      for (String field : new String[] {"name", "uid"}) {
        String value = reference.path(field).asText("");
        if (!value.isEmpty()) {
          extra.put(EXTRA + kind + "-" + field, List.of(value));
        }
      }
    }
    return extra;
  }

  static boolean sameToken(String one, byte[] other) {
    return java.security.MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other);
  }
}
