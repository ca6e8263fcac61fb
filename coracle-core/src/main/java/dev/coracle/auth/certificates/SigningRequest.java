package dev.coracle.auth.certificates;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/**
 * A PKCS#10 request (RFC 2986), as {@code spec.request} of a CertificateSigningRequest has it.
 *
 * @param subject as it is, in its own order
 * @param dnsNames and the following: the subject alternative names that it asks for
 */
public record SigningRequest(
    X500Name subject,
    PublicKey publicKey,
    List<String> dnsNames,
    List<String> ipAddresses,
    List<String> emailAddresses,
    List<String> uris) {

  /**
   * Reads base64 of PEM of a request, and checks that it is signed by its own key.
   *
   * @throws IllegalArgumentException with Kubernetes' words when it is none
   */
  public static SigningRequest parse(JsonNode request) {
    byte[] der;
    try {
      String pem =
          new String(Base64.getDecoder().decode(request.asText("")), StandardCharsets.UTF_8);
      List<byte[]> blocks = Pem.blocks(pem, "CERTIFICATE REQUEST");
      if (blocks.isEmpty()) {
        throw new IllegalArgumentException("PEM block type must be CERTIFICATE REQUEST");
      }
      der = blocks.getFirst();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("PEM block type must be CERTIFICATE REQUEST", e);
    }
    try {
      JcaPKCS10CertificationRequest parsed = new JcaPKCS10CertificationRequest(der);
      PublicKey key = parsed.getPublicKey();
      if (!parsed.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw new IllegalArgumentException("the request is not signed by its own key");
      }
      Names names = Names.of(parsed);
      return new SigningRequest(
          parsed.getSubject(), key, names.dns, names.ip, names.email, names.uri);
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | IllegalStateException
        | ClassCastException e) {
      throw new IllegalArgumentException("asn1: structure error: " + e.getMessage(), e);
    }
  }

  /** Empty when there is none. */
  public String commonName() {
    List<String> names = values(BCStyle.CN);
    return names.isEmpty() ? "" : names.getLast();
  }

  public List<String> organizations() {
    return values(BCStyle.O);
  }

  /** The subject alternative names; null when there are none. */
  @Nullable GeneralNames alternativeNames() {
    List<GeneralName> names = new ArrayList<>();
    dnsNames.forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
    emailAddresses.forEach(name -> names.add(new GeneralName(GeneralName.rfc822Name, name)));
    ipAddresses.forEach(name -> names.add(new GeneralName(GeneralName.iPAddress, name)));
    uris.forEach(name -> names.add(new GeneralName(GeneralName.uniformResourceIdentifier, name)));
    return names.isEmpty() ? null : new GeneralNames(names.toArray(new GeneralName[0]));
  }

  private List<String> values(org.bouncycastle.asn1.ASN1ObjectIdentifier type) {
    List<String> values = new ArrayList<>();
    for (RDN rdn : subject.getRDNs(type)) {
      values.add(IETFUtils.valueToString(rdn.getFirst().getValue()));
    }
    return values;
  }

  private static final class Names {
    final List<String> dns = new ArrayList<>();
    final List<String> ip = new ArrayList<>();
    final List<String> email = new ArrayList<>();
    final List<String> uri = new ArrayList<>();

    static Names of(PKCS10CertificationRequest request) throws IOException {
      Names names = new Names();
      for (var attribute :
          request.getAttributes(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest)) {
        Extensions extensions = Extensions.getInstance(attribute.getAttrValues().getObjectAt(0));
        GeneralNames alternatives =
            GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
        if (alternatives != null) {
          for (GeneralName name : alternatives.getNames()) {
            names.add(name);
          }
        }
      }
      return names;
    }

    private void add(GeneralName name) throws IOException {
      switch (name.getTagNo()) {
        case GeneralName.dNSName -> dns.add(name.getName().toString());
        case GeneralName.rfc822Name -> email.add(name.getName().toString());
        case GeneralName.uniformResourceIdentifier -> uri.add(name.getName().toString());
        case GeneralName.iPAddress ->
            ip.add(
                InetAddress.getByAddress(ASN1OctetString.getInstance(name.getName()).getOctets())
                    .getHostAddress());
        default -> {
          // Kubernetes' signers look at no other names, and issue none.
        }
      }
    }
  }
}
