package dev.coracle.auth;

import dev.coracle.api.UserInfo;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Users by client certificate: the common name is the user, the organizations are the groups. The
 * certificate must be signed by one of the authorities, be valid now, and be meant for clients.
 */
public final class ClientCertificateAuthenticator implements Authenticator {

  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USE = "2.5.29.37.0";
  private static final int REMEMBERED = 1024;

  private final Supplier<List<X509Certificate>> authorities;
  private final InstantSource clock;

  /** Signatures are checked once per certificate; validity at every request. */
  private final Map<X509Certificate, Result> verified = new ConcurrentHashMap<>();

  private volatile List<X509Certificate> verifiedAgainst = List.of();

  public ClientCertificateAuthenticator(
      Supplier<List<X509Certificate>> authorities, InstantSource clock) {
    this.authorities = authorities;
    this.clock = clock;
  }

  @Override
  public Result authenticate(AuthenticationRequest request) {
    if (request.peerCertificates().isEmpty()) {
      return new Result.Anonymous();
    }
    X509Certificate certificate = request.peerCertificates().getFirst();
    Date now = Date.from(clock.instant());
    if (now.before(certificate.getNotBefore()) || now.after(certificate.getNotAfter())) {
      return new Result.Rejected("the client certificate is expired or not yet valid");
    }
    List<X509Certificate> current = authorities.get();
    if (!current.equals(verifiedAgainst) || verified.size() > REMEMBERED) {
      verified.clear();
      verifiedAgainst = current;
    }
    return verified.computeIfAbsent(certificate, unknown -> verify(unknown, current));
  }

  private static Result verify(X509Certificate certificate, List<X509Certificate> authorities) {
    if (!signedByOneOf(certificate, authorities)) {
      return new Result.Rejected("the client certificate is signed by an unknown authority");
    }
    try {
      List<String> uses = certificate.getExtendedKeyUsage();
      if (uses != null && !uses.contains(CLIENT_AUTH) && !uses.contains(ANY_USE)) {
        return new Result.Rejected("the certificate is not meant for clients");
      }
      return user(certificate);
    } catch (GeneralSecurityException | InvalidNameException e) {
      return new Result.Rejected("the client certificate can't be read: " + e.getMessage());
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

  private static Result user(X509Certificate certificate)
      throws GeneralSecurityException, InvalidNameException {
    String commonName = null;
    List<String> groups = new ArrayList<>();
    LdapName subject = new LdapName(certificate.getSubjectX500Principal().getName());
    for (Rdn rdn : subject.getRdns()) {
      @Nullable String value = rdn.getValue() instanceof String text ? text : null;
      if (value == null) {
        continue;
      }
      if (rdn.getType().equalsIgnoreCase("CN")) {
        commonName = value;
      } else if (rdn.getType().equalsIgnoreCase("O")) {
        groups.add(value);
      }
    }
    if (commonName == null) {
      return new Result.Anonymous();
    }
    groups.add("system:authenticated");
    String fingerprint =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    return new Result.Authenticated(
        new UserInfo(
            commonName,
            "",
            groups,
            Map.of(
                "authentication.kubernetes.io/credential-id",
                List.of("X509SHA256=" + fingerprint))));
  }
}
