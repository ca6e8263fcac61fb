package dev.coracle.http.tls;

import java.util.List;

/**
 * Which versions and cipher suites a TLS server speaks.
 *
 * @param onlyTls13 whether TLS 1.2 is refused as well; what is older always is
 * @param cipherSuites of TLS 1.2, by their IANA names; empty for those with forward secrecy and
 *     authenticated encryption (RFC 9113, 9.2.2, and Mozilla's recommendations). Those of TLS 1.3
 *     are all good
 */
public record TlsPolicy(boolean onlyTls13, List<String> cipherSuites) {

  public static final TlsPolicy USUAL = new TlsPolicy(false, List.of());

  public TlsPolicy {
    cipherSuites = List.copyOf(cipherSuites);
  }

  /** The suites of TLS 1.2 that can be asked for. */
  public static List<String> supported() {
    return TlsContexts.configurable();
  }
}
