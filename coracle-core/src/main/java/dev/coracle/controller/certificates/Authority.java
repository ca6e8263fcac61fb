package dev.coracle.controller.certificates;

import java.time.Instant;
import java.util.List;

/** The cluster's certificate authority, as controllers use it. */
public interface Authority {

  /** What a PKCS#10 request asks for. */
  record Subject(
      String commonName,
      List<String> organizations,
      List<String> dnsNames,
      List<String> ipAddresses,
      List<String> emailAddresses,
      List<String> uris) {}

  /**
   * Reads {@code spec.request}.
   *
   * @throws IllegalArgumentException when it can't be read
   */
  Subject read(String request);

  /** Signs {@code spec.request} and gives PEM. */
  String sign(String request, List<String> usages, Instant notBefore, Instant notAfter);

  /** When the authority's own certificate ends. */
  Instant notAfter();
}
