package dev.coracle.http.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The one key and chain that a side of TLS shows. The JDK's own managers keep them in a key store
 * under a password, from which a key is derived 10 000 rounds long, for every context anew: as much
 * work as all else that a warm start does.
 */
final class SoleIdentity extends X509ExtendedKeyManager {

  private static final String ALIAS = "key";

  private final PrivateKey key;
  private final X509Certificate[] chain;

  SoleIdentity(PrivateKey key, List<X509Certificate> chain) {
    this.key = key;
    this.chain = chain.toArray(X509Certificate[]::new);
  }

  /**
   * @param keyType an algorithm, of {@code EC_RSA}, say, the part before the line
   */
  private @Nullable String alias(@Nullable String keyType, Principal @Nullable [] issuers) {
    if (keyType == null || chain.length == 0) {
      return null;
    }
    int line = keyType.indexOf('_');
    String algorithm = line < 0 ? keyType : keyType.substring(0, line);
    boolean fits = algorithm.equals(chain[0].getPublicKey().getAlgorithm());
    return fits && issuedBy(issuers) ? ALIAS : null;
  }

  private boolean issuedBy(Principal @Nullable [] issuers) {
    if (issuers == null || issuers.length == 0) {
      return true;
    }
    List<Principal> named = Arrays.asList(issuers);
    return Arrays.stream(chain).anyMatch(one -> named.contains(one.getIssuerX500Principal()));
  }

  private @Nullable String alias(String[] keyTypes, Principal @Nullable [] issuers) {
    for (String keyType : keyTypes) {
      if (alias(keyType, issuers) != null) {
        return ALIAS;
      }
    }
    return null;
  }

  private String @Nullable [] aliases(String keyType, Principal @Nullable [] issuers) {
    return alias(keyType, issuers) == null ? null : new String[] {ALIAS};
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType, issuers);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyTypes, issuers);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyTypes, issuers);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType, issuers);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType, issuers);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType, issuers);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return alias.equals(ALIAS) ? chain.clone() : null;
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return alias.equals(ALIAS) ? key : null;
  }
}
