package dev.coracle.auth.certificates;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Keys and certificates as PEM text (RFC 7468). */
public final class Pem {

  private Pem() {}

  public static String encode(String type, byte[] der) {
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
  }

  public static String of(X509Certificate certificate) {
    try {
      return encode("CERTIFICATE", certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  public static String of(PublicKey key) {
    return encode("PUBLIC KEY", key.getEncoded());
  }

  /**
   * The DER of every block of a type, in their order.
   *
   * @throws IllegalArgumentException when a block does not end or is not base64
   */
  public static List<byte[]> blocks(String pem, String type) {
    String begin = "-----BEGIN " + type + "-----";
    String end = "-----END " + type + "-----";
    List<byte[]> blocks = new ArrayList<>();
    int at = pem.indexOf(begin);
    while (at >= 0) {
      int stop = pem.indexOf(end, at);
      if (stop < 0) {
        throw new IllegalArgumentException("a PEM block of type " + type + " has no end");
      }
      blocks.add(Base64.getMimeDecoder().decode(pem.substring(at + begin.length(), stop)));
      at = pem.indexOf(begin, stop);
    }
    return blocks;
  }

  /**
   * The first certificate in a text.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static X509Certificate certificate(String pem) {
    List<X509Certificate> all = certificates(pem);
    if (all.isEmpty()) {
      throw new IllegalArgumentException("there is no PEM certificate");
    }
    return all.get(0);
  }

  /** Every certificate in a text. */
  public static List<X509Certificate> certificates(String pem) {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (byte[] der : blocks(pem, "CERTIFICATE")) {
        certificates.add(
            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException("not a PEM certificate: " + e.getMessage(), e);
    }
    return certificates;
  }

  /**
   * An EC or RSA private key in PKCS#8.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static PrivateKey privateKey(String pem) {
    List<byte[]> blocks = blocks(pem, "PRIVATE KEY");
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException("there is no PKCS#8 private key");
    }
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(blocks.get(0));
    for (String algorithm : new String[] {"EC", "RSA"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException e) {
        // Not of this algorithm: try the next one.
        continue;
      }
    }
    throw new IllegalArgumentException("the private key is neither EC nor RSA");
  }

  /**
   * An EC or RSA public key.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static PublicKey publicKey(String pem) {
    List<byte[]> blocks = blocks(pem, "PUBLIC KEY");
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException("there is no public key");
    }
    X509EncodedKeySpec spec = new X509EncodedKeySpec(blocks.get(0));
    for (String algorithm : new String[] {"EC", "RSA"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePublic(spec);
      } catch (GeneralSecurityException e) {
        // Not of this algorithm: try the next one.
        continue;
      }
    }
    throw new IllegalArgumentException("the public key is neither EC nor RSA");
  }
}
