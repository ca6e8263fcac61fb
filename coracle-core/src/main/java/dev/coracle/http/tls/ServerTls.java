package dev.coracle.http.tls;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What a TLS server shows and asks.
 *
 * @param key the serving key
 * @param chain the serving certificate, then its issuers
 * @param clientCertificates whether clients are asked for one
 * @param clientAuthorities named to clients as the issuers that are accepted, and, for {@link
 *     ClientCertificates#VERIFIED}, what certificates are verified against
 * @param policy versions and cipher suites
 */
public record ServerTls(
    PrivateKey key,
    List<X509Certificate> chain,
    ClientCertificates clientCertificates,
    List<X509Certificate> clientAuthorities,
    TlsPolicy policy) {

  /** How client certificates are treated. */
  public enum ClientCertificates {
    /** Not asked for. */
    NONE,
    /** Asked for, not needed, and not verified: the handler does that. */
    REQUESTED,
    /** Asked for, not needed; one that no authority signed ends the handshake. */
    VERIFIED
  }

  public ServerTls {
    chain = List.copyOf(chain);
    clientAuthorities = List.copyOf(clientAuthorities);
  }

  public ServerTls(
      PrivateKey key,
      List<X509Certificate> chain,
      ClientCertificates clientCertificates,
      List<X509Certificate> clientAuthorities) {
    this(key, chain, clientCertificates, clientAuthorities, TlsPolicy.USUAL);
  }

  public static ServerTls of(PrivateKey key, List<X509Certificate> chain) {
    return new ServerTls(key, chain, ClientCertificates.NONE, List.of());
  }

  /** Asks clients for a certificate that the handler will verify, as kube-apiserver does. */
  public ServerTls requestingClientCertificates(List<X509Certificate> authorities) {
    return new ServerTls(key, chain, ClientCertificates.REQUESTED, authorities, policy);
  }

  public ServerTls withPolicy(TlsPolicy other) {
    return new ServerTls(key, chain, clientCertificates, clientAuthorities, other);
  }
}
