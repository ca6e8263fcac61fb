package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/** CertificateSigningRequests. */
final class CertificateValidation {

  private static final List<String> USAGES =
      List.of(
          "any",
          "cert sign",
          "client auth",
          "code signing",
          "content commitment",
          "crl sign",
          "data encipherment",
          "decipher only",
          "digital signature",
          "email protection",
          "encipher only",
          "ipsec end system",
          "ipsec tunnel",
          "ipsec user",
          "key agreement",
          "key encipherment",
          "microsoft sgc",
          "netscape sgc",
          "ocsp signing",
          "s/mime",
          "server auth",
          "signing",
          "timestamping");

  private static final String LEGACY = "kubernetes.io/legacy-unknown";

  private CertificateValidation() {}

  static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    if (!kind.equals("CertificateSigningRequest")) {
      return;
    }
    Field spec = Field.of(object, "spec", errors);
    request(spec.child("request"));
    Field usages = spec.child("usages");
    if (usages.blank()) {
      usages.required("");
    }
    Set<String> seen = new HashSet<>();
    for (Field usage : usages.items()) {
      if (!USAGES.contains(usage.text())) {
        errors.notSupported(usage.path(), usage.text(), USAGES);
      }
      if (!seen.add(usage.text())) {
        usage.duplicate();
      }
    }
    Field signer = spec.child("signerName");
    signer(signer);
    if (old == null && signer.text().equals(LEGACY)) {
      signer.invalid("the legacy signerName is not allowed via this API version");
    }
    Field seconds = spec.child("expirationSeconds");
    if (seconds.present() && seconds.number() < 600) {
      seconds.invalid("may not specify a duration less than 600 seconds (10 minutes)");
    }
  }

  private static void request(Field request) {
    String why = wrong(request.text());
    if (!why.isEmpty()) {
      request.errors().invalid(request.path(), request.text(), why);
    }
  }

  /** A request must be PEM of PKCS#10, signed by its own key; empty when it is. */
  private static String wrong(String base64) {
    String begin = "-----BEGIN CERTIFICATE REQUEST-----";
    String end = "-----END CERTIFICATE REQUEST-----";
    byte[] der;
    try {
      String pem = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      int start = pem.indexOf(begin);
      int stop = pem.indexOf(end, Math.max(start, 0));
      if (start < 0 || stop < 0) {
        return "PEM block type must be CERTIFICATE REQUEST";
      }
      der = Base64.getMimeDecoder().decode(pem.substring(start + begin.length(), stop));
    } catch (IllegalArgumentException e) {
      return "PEM block type must be CERTIFICATE REQUEST";
    }
    try {
      JcaPKCS10CertificationRequest parsed = new JcaPKCS10CertificationRequest(der);
      return parsed.isSignatureValid(
              new JcaContentVerifierProviderBuilder().build(parsed.getPublicKey()))
          ? ""
          : "x509: the signature of the certificate request does not verify";
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | RuntimeException e) {
      return "asn1: structure error: the certificate request can't be read";
    }
  }

  static void signer(Field signer) {
    if (!signer.needed()) {
      return;
    }
    String name = signer.text();
    int slash = name.indexOf('/');
    if (slash < 0 || name.indexOf('/', slash + 1) >= 0) {
      signer.invalid(
          "must be a fully qualified domain and path of the form 'example.com/signer-name'");
      return;
    }
    String domain = name.substring(0, slash);
    signer.invalid(Names.dns1123Subdomain(domain));
    if (domain.indexOf('.') < 0) {
      signer.invalid("should be a domain with at least two segments separated by dots");
    }
    signer.invalid(Names.dns1123Subdomain(name.substring(slash + 1)));
  }
}
