package dev.coracle.apiserver.discovery;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** Fingerprints of documents. */
final class Hashes {

  private Hashes() {}

  /** A document's SHA-512 as a quoted entity tag. */
  static String etag(byte[] document) {
    return '"' + hex(document) + '"';
  }

  /** SHA-512 in upper-case hexadecimal digits. */
  static String hex(byte[] document) {
    return HexFormat.of().formatHex(digest("SHA-512", document)).toUpperCase(Locale.ROOT);
  }

  private static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
