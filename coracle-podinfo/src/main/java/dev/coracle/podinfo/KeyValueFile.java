package dev.coracle.podinfo;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The form in which a Downward API volume has labels and annotations: a line {@code key="value"}
 * each, the value quoted as Go quotes strings.
 */
final class KeyValueFile {

  private KeyValueFile() {}

  /**
   * @throws IllegalArgumentException when a line is not {@code key="value"}
   */
  static Map<String, String> parse(String text) {
    Map<String, String> entries = new LinkedHashMap<>();
    int at = 0;
    while (at < text.length()) {
      if (text.charAt(at) == '\n') {
        at++;
        continue;
      }
      int equals = text.indexOf('=', at);
      if (equals < 0 || equals + 1 >= text.length() || text.charAt(equals + 1) != '"') {
        throw new IllegalArgumentException("not a line key=\"value\": " + line(text, at));
      }
      String key = text.substring(at, equals);
      StringBuilder value = new StringBuilder();
      at = unquote(text, equals + 2, value);
      entries.put(key, value.toString());
    }
    return Collections.unmodifiableMap(entries);
  }

  private static String line(String text, int at) {
    int end = text.indexOf('\n', at);
    return end < 0 ? text.substring(at) : text.substring(at, end);
  }

  /** Reads up to the closing quote; returns the place after it. */
  private static int unquote(String text, int start, StringBuilder value) {
    int at = start;
    while (at < text.length()) {
      char letter = text.charAt(at++);
      if (letter == '"') {
        return at;
      }
      if (letter != '\\') {
        value.append(letter);
        continue;
      }
      if (at >= text.length()) {
        break;
      }
      char escape = text.charAt(at++);
      switch (escape) {
        case 'n' -> value.append('\n');
        case 't' -> value.append('\t');
        case 'r' -> value.append('\r');
        case 'a' -> value.append('\u0007');
        case 'b' -> value.append('\b');
        case 'f' -> value.append('\f');
        case 'v' -> value.append('\u000b');
        case 'x' -> at = code(text, at, 2, value);
        case 'u' -> at = code(text, at, 4, value);
        case 'U' -> at = code(text, at, 8, value);
        default -> value.append(escape);
      }
    }
    throw new IllegalArgumentException("a quoted value does not end");
  }

  private static int code(String text, int at, int digits, StringBuilder value) {
    if (at + digits > text.length()) {
      throw new IllegalArgumentException("an escape does not end");
    }
    value.appendCodePoint(Integer.parseInt(text.substring(at, at + digits), 16));
    return at + digits;
  }
}
