package dev.coracle.auth.oidc;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import dev.coracle.api.Json;
import dev.coracle.auth.Authenticator.Result;
import dev.coracle.auth.TokenAuthenticator;
import dev.coracle.http.HttpOrigins;
import java.io.IOException;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Users by the ID tokens of one OpenID Connect provider (the Kubernetes page "Authenticating",
 * OpenID Connect Tokens). Signature, issuer, audience and times are checked, then the rules over
 * claims and user.
 */
public final class OidcAuthenticator implements TokenAuthenticator {

  private static final int LONGEST_TOKEN = 64 * 1024;

  private final JwtIssuer issuer;
  private final ProviderKeys keys;
  private final ClaimMapper mapper;
  private final InstantSource clock;

  public OidcAuthenticator(JwtIssuer issuer, HttpOrigins origins, InstantSource clock) {
    this.issuer = issuer;
    this.keys = new ProviderKeys(issuer, origins, clock);
    this.mapper = new ClaimMapper(issuer);
    this.clock = clock;
  }

  @Override
  public Result authenticate(String token, List<String> audiences) {
    if (!isFromHere(token)) {
      return new Result.Anonymous();
    }
    JWSObject parsed;
    try {
      parsed = JWSObject.parse(token);
    } catch (ParseException e) {
      return rejected("malformed jwt");
    }
    String algorithm = parsed.getHeader().getAlgorithm().getName();
    if (!issuer.algorithms().contains(algorithm)) {
      return rejected("id token signed with unsupported algorithm " + algorithm);
    }
    try {
      List<JWK> known = keys.keys();
      if (!isSigned(parsed, known) && !isSigned(parsed, keys.refresh(known))) {
        return rejected("failed to verify signature: failed to verify id token signature");
      }
    } catch (IOException e) {
      return new Result.Rejected(
          "oidc: authenticator for issuer \"" + issuer.url() + "\" is not initialized");
    }
    JsonNode claims = Json.read(parsed.getPayload().toBytes());
    @Nullable String why = refusal(claims);
    if (why != null) {
      return rejected(why);
    }
    try {
      return new Result.Authenticated(mapper.user(claims), audiences);
    } catch (IllegalArgumentException e) {
      return new Result.Rejected(String.valueOf(e.getMessage()));
    }
  }

  private static Result rejected(String why) {
    return new Result.Rejected("oidc: verify token: " + "oidc: " + why);
  }

  /** Whether a token says, unproven, that this provider issued it. */
  private boolean isFromHere(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3 || token.length() > LONGEST_TOKEN) {
      return false;
    }
    try {
      JsonNode claims = Json.read(Base64.getUrlDecoder().decode(parts[1]));
      return claims.path("iss").asText("").equals(issuer.url());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isSigned(JWSObject token, List<JWK> keys) {
    String id = token.getHeader().getKeyID();
    for (JWK key : keys) {
      boolean other = id != null && key.getKeyID() != null && !id.equals(key.getKeyID());
      if (other || KeyUse.ENCRYPTION.equals(key.getKeyUse())) {
        continue;
      }
      try {
        JWSVerifier verifier = verifier(key);
        if (verifier != null
            && verifier.supportedJWSAlgorithms().contains(token.getHeader().getAlgorithm())
            && token.verify(verifier)) {
          return true;
        }
      } catch (JOSEException e) {
        // This key can't verify it: another may.
        continue;
      }
    }
    return false;
  }

  /** Only public keys: a symmetric one would let anybody sign who can read it. */
  private static @Nullable JWSVerifier verifier(JWK key) throws JOSEException {
    return switch (key) {
      case RSAKey rsa -> new RSASSAVerifier(rsa.toRSAPublicKey());
      case ECKey ec -> new ECDSAVerifier(ec.toECPublicKey());
      default -> null;
    };
  }

  private @Nullable String refusal(JsonNode claims) {
    List<String> meant = new ArrayList<>();
    if (claims.path("aud").isTextual()) {
      meant.add(claims.path("aud").asText());
    }
    claims.path("aud").forEach(audience -> meant.add(audience.asText()));
    if (meant.stream().noneMatch(issuer.audiences()::contains)) {
      return "expected audience in " + issuer.audiences() + " got " + meant;
    }
    Instant now = clock.instant();
    Instant end = Instant.ofEpochSecond(claims.path("exp").asLong(0));
    if (now.isAfter(end)) {
      return "token is expired (Token Expiry: " + end + ")";
    }
    // Clocks may differ: as go-oidc, which kube-apiserver uses.
    Instant start = Instant.ofEpochSecond(claims.path("nbf").asLong(0));
    if (now.plusSeconds(300).isBefore(start)) {
      return "current time " + now + " before the nbf (not before) time: " + start;
    }
    return null;
  }
}
