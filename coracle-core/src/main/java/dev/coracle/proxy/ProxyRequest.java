package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request's head, checked.
 *
 * @param rawPath as sent, beginning with a slash
 * @param rawQuery without the question mark; empty for none
 * @param authority that it asks, with or without a port
 * @param length of the body in bytes, or {@link HttpOutput#CHUNKED}
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
   * @return null at the end of the connection
   * @throws BadMessageException when it could be understood in more ways than one, or in none
   */
  static @Nullable ProxyRequest read(HttpInput input) throws IOException {
    Headers headers = new Headers();
    String line = input.readHead(headers);
    return line == null ? null : of(line, headers);
  }

  private static ProxyRequest of(String line, Headers headers) throws BadMessageException {
    int first = line.indexOf(' ');
    int last = line.lastIndexOf(' ');
    if (first < 1 || last <= first + 1) {
      throw bad("a malformed request line");
    }
    String method = line.substring(0, first);
    for (int i = 0; i < method.length(); i++) {
      if (!HttpInput.isToken(method.charAt(i))) {
        throw bad("a malformed request line");
      }
    }
    String target = line.substring(first + 1, last);
    for (int i = 0; i < target.length(); i++) {
      if (target.charAt(i) <= ' ' || target.charAt(i) >= 0x7f) {
        throw bad("a malformed request target");
      }
    }
    String version = line.substring(last + 1);
    boolean isOld = version.equals("HTTP/1.0");
    if (!isOld && !version.equals("HTTP/1.1")) {
      throw new BadMessageException(
          version.startsWith("HTTP/") ? 505 : 400, "not a version of HTTP that is spoken here");
    }
    List<String> hosts = headers.all("host");
    if (hosts.size() > 1 || hosts.isEmpty() && !isOld) {
      throw bad("not exactly one Host");
    }
    String authority = hosts.isEmpty() ? "" : hosts.get(0);
    if (target.regionMatches(true, 0, "http://", 0, 7)) {
      int path = target.indexOf('/', 7);
      authority = path < 0 ? target.substring(7) : target.substring(7, path);
      target = path < 0 ? "/" : target.substring(path);
    }
    if (target.charAt(0) != '/') {
      throw bad("a malformed request target");
    }
    int fragment = target.indexOf('#');
    if (fragment >= 0) {
      throw bad("a malformed request target");
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
        throw bad("Transfer-Encoding where it must not be");
      }
      if (codings.size() != 1 || !codings.get(0).equalsIgnoreCase("chunked")) {
        throw new BadMessageException(501, "a Transfer-Encoding other than chunked");
      }
      return HttpOutput.CHUNKED;
    }
    if (lengths.isEmpty()) {
      return otherwise;
    }
    String text = lengths.get(0);
    if (lengths.size() > 1 || text.isEmpty() || text.length() > 18) {
      throw bad("a malformed Content-Length");
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        throw bad("a malformed Content-Length");
      }
      value = value * 10 + (c - '0');
    }
    return value;
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
