package dev.coracle.http.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Certificates and private keys from PEM, by the JDK alone: PKCS #8, and the older forms of RSA
 * (PKCS #1) and EC (SEC 1) keys.
 */
public final class PemReader {

  private static final byte[] RSA = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };
  private static final byte[] EC_PUBLIC_KEY = {
    6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1
  };
  private static final byte[] VERSION = {2, 1, 0};

  private PemReader() {}

  /**
   * @throws IllegalArgumentException when there is none, or one that cannot be read
   */
  public static List<X509Certificate> certificates(byte[] pem) {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (byte[] der : blocks(text(pem), "CERTIFICATE")) {
        certificates.add(
            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException("certificate: " + e.getMessage(), e);
    }
    if (certificates.isEmpty()) {
      throw new IllegalArgumentException("no PEM certificate found");
    }
    return certificates;
  }

  /**
   * The first private key.
   *
   * @throws IllegalArgumentException when there is none, or one that cannot be read
   */
  public static PrivateKey privateKey(byte[] pem) {
    String text = text(pem);
    for (byte[] der : blocks(text, "PRIVATE KEY")) {
      return key(der, "EC", "RSA", "Ed25519");
    }
    for (byte[] der : blocks(text, "EC PRIVATE KEY")) {
      byte[] algorithm = der(0x30, EC_PUBLIC_KEY, curve(der));
      return key(der(0x30, VERSION, algorithm, der(4, der)), "EC");
    }
    for (byte[] der : blocks(text, "RSA PRIVATE KEY")) {
      return key(der(0x30, VERSION, RSA, der(4, der)), "RSA");
    }
    throw new IllegalArgumentException("no PEM private key found");
  }

  private static PrivateKey key(byte[] pkcs8, String... algorithms) {
    GeneralSecurityException last = null;
    for (String algorithm : algorithms) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw new IllegalArgumentException("private key: not one of EC, RSA, Ed25519", last);
  }

  /** The curve that an EC key in SEC 1 form names in its element [0]. */
  private static byte[] curve(byte[] sec1) {
    int at = 1 + lengthBytes(sec1, 1);
    while (at < sec1.length) {
      int tag = sec1[at] & 0xff;
      int size = lengthBytes(sec1, at + 1);
      int length = length(sec1, at + 1);
      int content = at + 1 + size;
      if (tag == 0xa0 && content + length <= sec1.length) {
        return java.util.Arrays.copyOfRange(sec1, content, content + length);
      }
      at = content + length;
    }
    throw new IllegalArgumentException("private key: an EC key without its curve");
  }

  private static int lengthBytes(byte[] der, int at) {
    return (der[at] & 0x80) == 0 ? 1 : 1 + (der[at] & 0x7f);
  }

  private static int length(byte[] der, int at) {
    int first = der[at] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 1; i <= (first & 0x7f); i++) {
      length = length << 8 | der[at + i] & 0xff;
    }
    return length;
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(tag);
    if (length < 0x80) {
      whole.write(length);
    } else {
      whole.write(0x82);
      whole.write(length >> 8);
      whole.write(length);
    }
    whole.writeBytes(content.toByteArray());
    return whole.toByteArray();
  }

  private static String text(byte[] pem) {
    return new String(pem, StandardCharsets.ISO_8859_1);
  }

  private static List<byte[]> blocks(String pem, String type) {
    String begin = "-----BEGIN " + type + "-----";
    String end = "-----END " + type + "-----";
    List<byte[]> blocks = new ArrayList<>();
    int from = pem.indexOf(begin);
    while (from >= 0) {
      int to = pem.indexOf(end, from);
      if (to < 0) {
        throw new IllegalArgumentException("PEM " + type + " without its end");
      }
      blocks.add(Base64.getMimeDecoder().decode(pem.substring(from + begin.length(), to)));
      from = pem.indexOf(begin, to);
    }
    return blocks;
  }
}
