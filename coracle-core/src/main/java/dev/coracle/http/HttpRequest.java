package dev.coracle.http;

import java.io.IOException;
import java.io.InputStream;

/** A request as it came in. */
public interface HttpRequest {

  String method();

  /** {@code http} or {@code https}. */
  String scheme();

  /** The Host header or {@code :authority}; empty when the client gave none. */
  String authority();

  /** The path as sent, percent-encoded, without the query; always begins with a slash. */
  String rawPath();

  /** What follows the question mark, as sent; empty for none. */
  String rawQuery();

  /** {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}. */
  String protocol();

  /** The header fields; HTTP/2's pseudo-fields are not among them. */
  Headers headers();

  Connection connection();

  /**
   * The body as it arrives; the peer is held back while it is not read. The first call on a request
   * with {@code Expect: 100-continue} asks for the body.
   */
  InputStream body();

  /**
   * The whole body.
   *
   * @throws BodyTooLargeException when it is longer than {@code limit} bytes
   * @throws IOException when the peer went away, broke the protocol or took too long
   */
  byte[] readBody(int limit) throws IOException;

  /** Whether this asks for an upgrade (RFC 9110, 7.8) to a protocol, compared without case. */
  default boolean isUpgradeTo(String protocol) {
    if (!headers().hasElement("connection", "upgrade")) {
      return false;
    }
    String wanted = protocol.toLowerCase(java.util.Locale.ROOT);
    return headers().elements("upgrade").stream()
        .anyMatch(offer -> offer.toLowerCase(java.util.Locale.ROOT).equals(wanted));
  }
}
