package dev.coracle.auth.tokens;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The key that signs ServiceAccount tokens (RS256, or ES256, ES384, ES512 by the curve), and all
 * public keys whose tokens are still good: the signing key's own first, then those it has replaced.
 */
public final class TokenKeys {

  /** Those in which Kubernetes signs; a token in any other is not ours. */
  static final Set<String> ALGORITHMS = Set.of("RS256", "ES256", "ES384", "ES512");

  private final JWSAlgorithm algorithm;
  private final JWSSigner signer;
  private final String keyId;
  private final Map<String, PublicKey> publicKeys = new LinkedHashMap<>();

  /**
   * @param signing EC or RSA
   * @param verifying the signing key's public key first
   * @throws IllegalArgumentException when a key can't be used for tokens
   */
  public TokenKeys(PrivateKey signing, List<PublicKey> verifying) {
    for (PublicKey key : verifying) {
      algorithm(key);
      publicKeys.put(keyId(key), key);
    }
    keyId = keyId(verifying.getFirst());
    algorithm = algorithm(verifying.getFirst());
    try {
      signer = signing instanceof ECPrivateKey ec ? new ECDSASigner(ec) : new RSASSASigner(signing);
    } catch (JOSEException e) {
      throw new IllegalArgumentException("the signing key can't sign tokens: " + e.getMessage(), e);
    }
  }

  JWSAlgorithm algorithm() {
    return algorithm;
  }

  JWSSigner signer() {
    return signer;
  }

  String keyId() {
    return keyId;
  }

  private static JWSAlgorithm algorithm(PublicKey key) {
    if (!(key instanceof ECPublicKey ec)) {
      return JWSAlgorithm.RS256;
    }
    return switch (ec.getParams().getCurve().getField().getFieldSize()) {
      case 256 -> JWSAlgorithm.ES256;
      case 384 -> JWSAlgorithm.ES384;
      case 521 -> JWSAlgorithm.ES512;
      default ->
          throw new IllegalArgumentException("unknown private key curve, must be 256, 384, or 521");
    };
  }

  /** The verifiers to try: of the named key, or of all keys when the name is unknown or missing. */
  List<JWSVerifier> verifiers(@Nullable String id) {
    PublicKey named = id == null ? null : publicKeys.get(id);
    List<PublicKey> keys = named == null ? List.copyOf(publicKeys.values()) : List.of(named);
    List<JWSVerifier> verifiers = new ArrayList<>(keys.size());
    for (PublicKey key : keys) {
      try {
        verifiers.add(
            key instanceof ECPublicKey ec
                ? new ECDSAVerifier(ec)
                : new RSASSAVerifier((RSAPublicKey) key));
      } catch (JOSEException e) {
        throw new IllegalStateException(e);
      }
    }
    return verifiers;
  }

  /** The public keys as a JSON Web Key Set (RFC 7517), as {@code /openid/v1/jwks} serves it. */
  public String jwks() {
    List<JWK> keys = new ArrayList<>();
    publicKeys.forEach(
        (id, key) ->
            keys.add(
                key instanceof ECPublicKey ec
                    ? new ECKey.Builder(Curve.forECParameterSpec(ec.getParams()), ec)
                        .keyUse(KeyUse.SIGNATURE)
                        .algorithm(algorithm(key))
                        .keyID(id)
                        .build()
                    : new RSAKey.Builder((RSAPublicKey) key)
                        .keyUse(KeyUse.SIGNATURE)
                        .algorithm(JWSAlgorithm.RS256)
                        .keyID(id)
                        .build()));
    return new JWKSet(keys).toString();
  }

  /** The algorithms of all keys, as the discovery document names them. */
  public List<String> algorithms() {
    return publicKeys.values().stream()
        .map(key -> algorithm(key).getName())
        .distinct()
        .sorted()
        .toList();
  }

  /** Kubernetes' key id: the SHA-256 of the DER-encoded public key, base64url. */
  private static String keyId(PublicKey key) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
