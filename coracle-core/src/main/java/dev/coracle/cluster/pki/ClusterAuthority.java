package dev.coracle.cluster.pki;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.auth.certificates.SigningRequest;
import dev.coracle.controller.certificates.Authority;
import java.time.Instant;
import java.util.List;

/** The cluster's authority for the controllers that sign certificates. */
public final class ClusterAuthority implements Authority {

  private final CertificateAuthority authority;

  public ClusterAuthority(CertificateAuthority authority) {
    this.authority = authority;
  }

  @Override
  public Subject read(String request) {
    SigningRequest parsed = parse(request);
    return new Subject(
        parsed.commonName(),
        parsed.organizations(),
        parsed.dnsNames(),
        parsed.ipAddresses(),
        parsed.emailAddresses(),
        parsed.uris());
  }

  @Override
  public String sign(String request, List<String> usages, Instant notBefore, Instant notAfter) {
    return Pem.of(authority.sign(parse(request), usages, notBefore, notAfter));
  }

  @Override
  public Instant notAfter() {
    return authority.certificate().getNotAfter().toInstant();
  }

  private static SigningRequest parse(String request) {
    return SigningRequest.parse(TextNode.valueOf(request));
  }
}
