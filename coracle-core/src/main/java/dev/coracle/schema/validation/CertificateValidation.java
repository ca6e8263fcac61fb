package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

  private CertificateValidation() {}

  static void validate(String kind, ObjectNode object, FieldErrors errors) {
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
    signer(spec.child("signerName"));
    Field seconds = spec.child("expirationSeconds");
    if (seconds.present() && seconds.number() < 600) {
      seconds.invalid("may not specify a duration less than 600 seconds (10 minutes)");
    }
  }

  private static void request(Field request) {
    String pem = "";
    try {
      pem = new String(Base64.getDecoder().decode(request.text()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      request.invalid("PEM block type must be CERTIFICATE REQUEST");
      return;
    }
    if (!pem.contains("-----BEGIN CERTIFICATE REQUEST-----")) {
      request
          .errors()
          .invalid(request.path(), request.text(), "PEM block type must be CERTIFICATE REQUEST");
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
