package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.util.List;

/**
 * A request's head, checked.
 *
 * @param rawPath as sent, beginning with a slash
 * @param rawQuery without the question mark; empty for none
 * @param authority that it asks, with or without a port
 * @param length of the body in bytes, or {@link Body#CHUNKED}
 * @param keepAlive whether another request may follow
 * @param isOld whether it is of HTTP/1.0, which knows no chunks
 */
record ProxyRequest(
    String method,
    String rawPath,
    String rawQuery,
    String authority,
    Headers headers,
    long length,
    boolean keepAlive,
    boolean isOld) {

  /**
   * @throws BadMessageException when it could be understood in more ways than one, or in none
   */
  static ProxyRequest of(Head head) throws BadMessageException {
    String line = head.line();
    Headers headers = head.fields();
    int first = line.indexOf(' ');
    int last = line.lastIndexOf(' ');
    if (first < 1 || last <= first + 1) {
      throw bad("");
    }
    String method = line.substring(0, first);
    for (int i = 0; i < method.length(); i++) {
      if (!Head.isToken(method.charAt(i))) {
        throw bad("");
      }
    }
    String target = line.substring(first + 1, last);
    for (int i = 0; i < target.length(); i++) {
      if (target.charAt(i) <= ' ' || target.charAt(i) >= 0x7f) {
        throw bad("");
      }
    }
    String version = line.substring(last + 1);
    boolean isOld = version.equals("HTTP/1.0");
    if (version.length() != 8
        || !version.startsWith("HTTP/1.")
        || !Character.isDigit(version.charAt(7))) {
      throw version.startsWith("HTTP/")
          ? new BadMessageException(505, "unsupported protocol version")
          : bad("");
    }
    List<String> hosts = headers.all("host");
    if (hosts.size() > 1) {
      throw bad("");
    }
    if (hosts.isEmpty() && !isOld) {
      throw bad("missing required Host header");
    }
    String authority = hosts.isEmpty() ? "" : hosts.get(0);
    if (!isAuthority(authority)) {
      throw bad("malformed Host header");
    }
    if (target.regionMatches(true, 0, "http://", 0, 7)) {
      int path = target.indexOf('/', 7);
      authority = path < 0 ? target.substring(7) : target.substring(7, path);
      target = path < 0 ? "/" : target.substring(path);
    }
    if (target.charAt(0) != '/' && !(target.equals("*") && method.equals("OPTIONS"))) {
      throw bad("");
    }
    int fragment = target.indexOf('#');
    if (fragment >= 0) {
      throw bad("");
    }
    int question = target.indexOf('?');
    boolean keepAlive =
        isOld
            ? hasElement(headers, "connection", "keep-alive")
            : !hasElement(headers, "connection", "close");
    return new ProxyRequest(
        method,
        question < 0 ? target : target.substring(0, question),
        question < 0 ? "" : target.substring(question + 1),
        authority,
        headers,
        length(headers, 0, isOld),
        keepAlive,
        isOld);
  }

  /**
   * The length that a message's fields give its body.
   *
   * @param otherwise when they give none
   */
  static long length(Headers headers, long otherwise, boolean isOld) throws BadMessageException {
    List<String> codings = headers.all("transfer-encoding");
    List<String> lengths = headers.all("content-length");
    if (!codings.isEmpty()) {
      if (!lengths.isEmpty() || isOld) {
        throw bad("");
      }
      if (codings.size() != 1 || !codings.get(0).equalsIgnoreCase("chunked")) {
        throw new BadMessageException(501, "Unsupported transfer encoding");
      }
      return Body.CHUNKED;
    }
    if (lengths.isEmpty()) {
      return otherwise;
    }
    String text = lengths.get(0);
    if (lengths.size() > 1 || text.isEmpty() || text.length() > 18) {
      throw bad("");
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        throw bad("");
      }
      value = value * 10 + (c - '0');
    }
    return value;
  }

  private static boolean isAuthority(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c >= 0x7f || "\"#/<>?@\\^`{|}".indexOf(c) >= 0) {
        return false;
      }
    }
    return true;
  }

  static boolean hasElement(Headers headers, String name, String element) {
    for (int i = 0; i < headers.size(); i++) {
      if (!headers.nameAt(i).equalsIgnoreCase(name)) {
        continue;
      }
      String value = headers.valueAt(i);
      if (value.equalsIgnoreCase(element)) {
        return true;
      }
      if (value.indexOf(',') >= 0) {
        for (String part : value.split(",", -1)) {
          if (part.trim().equalsIgnoreCase(element)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static BadMessageException bad(String message) {
    return new BadMessageException(400, message);
  }
}
