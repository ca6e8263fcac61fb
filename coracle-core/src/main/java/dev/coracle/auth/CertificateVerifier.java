package dev.coracle.auth;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a client certificate is signed by an authority (directly or through the intermediates
 * that the client sent), valid now, and meant for clients.
 */
public final class CertificateVerifier {

  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USE = "2.5.29.37.0";
  private static final String UNKNOWN = "x509: certificate signed by unknown authority";
  private static final int REMEMBERED = 1024;

  private final Supplier<List<X509Certificate>> authorities;
  private final InstantSource clock;

  /** Signatures are checked once per chain; validity at every request. Empty for a good one. */
  private final Map<List<X509Certificate>, String> verified = new ConcurrentHashMap<>();

  private volatile List<X509Certificate> verifiedAgainst = List.of();

  public CertificateVerifier(Supplier<List<X509Certificate>> authorities, InstantSource clock) {
    this.authorities = authorities;
    this.clock = clock;
  }

  /**
   * Why a chain does not do; null when it does.
   *
   * @param chain the client's own certificate first
   */
  @Nullable String refusal(List<X509Certificate> chain) {
    Date now = Date.from(clock.instant());
    for (X509Certificate certificate : chain) {
      if (now.before(certificate.getNotBefore()) || now.after(certificate.getNotAfter())) {
        return "x509: certificate has expired or is not yet valid";
      }
    }
    List<X509Certificate> current = authorities.get();
    if (!current.equals(verifiedAgainst) || verified.size() > REMEMBERED) {
      verified.clear();
      verifiedAgainst = current;
    }
    String why = verified.computeIfAbsent(chain, unknown -> verify(unknown, current, now));
    return why.isEmpty() ? null : why;
  }

  private static String verify(
      List<X509Certificate> chain, List<X509Certificate> authorities, Date now) {
    X509Certificate certificate = chain.getFirst();
    if (!signedByOneOf(certificate, authorities) && !leadsTo(chain, authorities, now)) {
      return UNKNOWN;
    }
    try {
      List<String> uses = certificate.getExtendedKeyUsage();
      boolean forClients = uses == null || uses.contains(CLIENT_AUTH) || uses.contains(ANY_USE);
      return forClients ? "" : "x509: certificate specifies an incompatible key usage";
    } catch (GeneralSecurityException e) {
      return "x509: malformed extension";
    }
  }

  private static boolean signedByOneOf(
      X509Certificate certificate, List<X509Certificate> authorities) {
    for (X509Certificate authority : authorities) {
      if (!authority.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
        continue;
      }
      try {
        certificate.verify(authority.getPublicKey());
        return true;
      } catch (GeneralSecurityException e) {
        // An authority of the same name with another key: try the next.
        continue;
      }
    }
    return false;
  }

  private static boolean leadsTo(
      List<X509Certificate> chain, List<X509Certificate> authorities, Date now) {
    if (chain.size() < 2 || authorities.isEmpty()) {
      return false;
    }
    Set<TrustAnchor> anchors = new HashSet<>();
    authorities.forEach(authority -> anchors.add(new TrustAnchor(authority, null)));
    List<X509Certificate> path = chain.stream().filter(c -> !authorities.contains(c)).toList();
    try {
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(now);
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
      return true;
    } catch (GeneralSecurityException e) {
      // Not a chain to one of ours.
      return false;
    }
  }
}
