package dev.coracle.http.tls;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a TLS client trusts and who it is.
 *
 * @param authorities that sign servers; empty for the JDK's own
 * @param insecure accepts any server certificate
 * @param key of the client certificate; null for none
 * @param chain the client certificate, then its issuers
 * @param serverName verified and sent as SNI instead of the address; empty for the address
 */
public record ClientTls(
    List<X509Certificate> authorities,
    boolean insecure,
    @Nullable PrivateKey key,
    List<X509Certificate> chain,
    String serverName) {

  public ClientTls {
    authorities = List.copyOf(authorities);
    chain = List.copyOf(chain);
  }

  public static ClientTls trusting(List<X509Certificate> authorities) {
    return new ClientTls(authorities, false, null, List.of(), "");
  }

  /** Accepts any server certificate. */
  public static ClientTls trustingAnyone() {
    return new ClientTls(List.of(), true, null, List.of(), "");
  }

  public ClientTls withIdentity(PrivateKey clientKey, List<X509Certificate> clientChain) {
    return new ClientTls(authorities, insecure, clientKey, clientChain, serverName);
  }

  public ClientTls withServerName(String name) {
    return new ClientTls(authorities, insecure, key, chain, name);
  }
}
