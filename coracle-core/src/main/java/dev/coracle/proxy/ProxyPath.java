package dev.coracle.proxy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A request's path, as sent and decoded. The filters see the decoded one; one with {@code .},
 * {@code ..} or empty segments is not clean and must not pass them.
 */
record ProxyPath(String raw, String decoded) {

  private static final String UNRESERVED =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/$&+,:;=@!'()*";

  /**
   * @return null when the encoding is broken
   */
  static @Nullable ProxyPath of(String raw) {
    if (raw.indexOf('%') < 0) {
      return new ProxyPath(raw, raw);
    }
    byte[] bytes = new byte[raw.length()];
    int length = 0;
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '%') {
        bytes[length++] = (byte) c;
        continue;
      }
      int high = i + 2 <= raw.length() - 1 ? Character.digit(raw.charAt(i + 1), 16) : -1;
      int low = i + 2 <= raw.length() - 1 ? Character.digit(raw.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        return null;
      }
      bytes[length++] = (byte) (high << 4 | low);
      i += 2;
    }
    return new ProxyPath(raw, new String(bytes, 0, length, StandardCharsets.UTF_8));
  }

  boolean isClean() {
    return clean().equals(decoded);
  }

  private String clean() {
    if (!decoded.contains("//") && !decoded.contains("/.")) {
      return decoded;
    }
    ArrayDeque<String> segments = new ArrayDeque<>();
    for (String segment : decoded.split("/", -1)) {
      switch (segment) {
        case "", "." -> {}
        case ".." -> segments.pollLast();
        default -> segments.add(segment);
      }
    }
    String joined = "/" + String.join("/", segments);
    return decoded.endsWith("/") && joined.length() > 1 ? joined + "/" : joined;
  }

  /** Where a client should go instead. */
  String cleanTarget(String rawQuery) {
    return encode(clean()) + (rawQuery.isEmpty() ? "" : "?" + rawQuery);
  }

  /**
   * The path behind a prefix that ends with a slash, which is kept.
   *
   * @return null when it does not have the prefix
   */
  @Nullable ProxyPath without(String prefix) {
    if (prefix.equals("/")) {
      return this;
    }
    if (!decoded.startsWith(prefix) || decoded.length() == prefix.length()) {
      return null;
    }
    String rest = decoded.substring(prefix.length() - 1);
    return raw.startsWith(prefix)
        ? new ProxyPath(raw.substring(prefix.length() - 1), rest)
        : new ProxyPath(encode(rest), rest);
  }

  /** Text as a page may hold it. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;")
        .replace("'", "&#39;");
  }

  static String encode(String path) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      if (UNRESERVED.indexOf((char) (b & 0xff)) >= 0) {
        encoded.append((char) b);
      } else {
        encoded
            .append('%')
            .append(Character.toUpperCase(Character.forDigit(b >> 4 & 15, 16)))
            .append(Character.toUpperCase(Character.forDigit(b & 15, 16)));
      }
    }
    return encoded.toString();
  }
}
