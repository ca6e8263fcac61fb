package dev.coracle.auth.certificates;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** A private key with the certificate of its public key. */
public record KeyAndCertificate(PrivateKey key, X509Certificate certificate) {

  public String keyPem() {
    return Pem.encode("PRIVATE KEY", key.getEncoded());
  }

  public String certificatePem() {
    return Pem.of(certificate);
  }
}
