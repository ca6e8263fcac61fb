package dev.coracle.auth;

import dev.coracle.api.UserInfo;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/** Users by client certificate: the common name is the user, the organizations are the groups. */
public final class ClientCertificateAuthenticator implements Authenticator {

  private final CertificateVerifier verifier;

  public ClientCertificateAuthenticator(CertificateVerifier verifier) {
    this.verifier = verifier;
  }

  @Override
  public Result authenticate(AuthenticationRequest request) {
    if (request.peerCertificates().isEmpty()) {
      return new Result.Anonymous();
    }
    @Nullable String why = verifier.refusal(request.peerCertificates());
    if (why != null) {
      return new Result.Rejected("verifying certificate failed: " + why);
    }
    try {
      return user(request.peerCertificates().getFirst());
    } catch (GeneralSecurityException | InvalidNameException e) {
      return new Result.Rejected("the client certificate can't be read: " + e.getMessage());
    }
  }

  private static Result user(X509Certificate certificate)
      throws GeneralSecurityException, InvalidNameException {
    String commonName = commonName(certificate);
    if (commonName.isEmpty()) {
      return new Result.Anonymous();
    }
    String fingerprint =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    return new Result.Authenticated(
        new UserInfo(
            commonName,
            "",
            values(certificate, "O"),
            Map.of(
                "authentication.kubernetes.io/credential-id",
                List.of("X509SHA256=" + fingerprint))));
  }

  /** Empty when there is none. */
  static String commonName(X509Certificate certificate) throws InvalidNameException {
    List<String> names = values(certificate, "CN");
    return names.isEmpty() ? "" : names.getLast();
  }

  private static List<String> values(X509Certificate certificate, String type)
      throws InvalidNameException {
    List<String> values = new ArrayList<>();
    LdapName subject = new LdapName(certificate.getSubjectX500Principal().getName());
    for (Rdn rdn : subject.getRdns()) {
      if (rdn.getType().equalsIgnoreCase(type) && rdn.getValue() instanceof String text) {
        values.add(text);
      }
    }
    return values;
  }
}
