package dev.coracle.schema.decoding;

import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a text that is not JSON, in the words of Go's scanner. Only called when
 * something is wrong.
 */
public final class JsonSyntax {

  private static final String END = "unexpected end of JSON input";
  private static final int DEEPEST = 1000;

  private final String text;
  private int at;

  private JsonSyntax(String text) {
    this.text = text;
  }

  /** The message, or null when the text is JSON after all. */
  public static @Nullable String problem(String text) {
    JsonSyntax syntax = new JsonSyntax(text);
    try {
      syntax.value(0);
      syntax.space();
      if (syntax.at < text.length()) {
        return invalid(text.charAt(syntax.at), "after top-level value");
      }
      return null;
    } catch (DecodingException e) {
      return e.getMessage();
    }
  }

  private static String invalid(char letter, String where) {
    String quoted =
        switch (letter) {
          case '\'' -> "'\\''";
          case '"' -> "'\"'";
          case '\n' -> "'\\n'";
          case '\r' -> "'\\r'";
          case '\t' -> "'\\t'";
          default -> letter < 0x20 ? String.format("'\\x%02x'", (int) letter) : "'" + letter + "'";
        };
    return "invalid character " + quoted + " " + where;
  }

  private DecodingException wrong(String where) {
    return new DecodingException(at >= text.length() ? END : invalid(text.charAt(at), where));
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private void value(int depth) {
    space();
    if (depth > DEEPEST) {
      throw new DecodingException("exceeded max depth");
    }
    switch (peek()) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> string();
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      default -> throw wrong("looking for beginning of value");
    }
  }

  private void object(int depth) {
    at++;
    space();
    if (peek() == '}') {
      at++;
      return;
    }
    while (true) {
      space();
      if (peek() != '"') {
        throw wrong("looking for beginning of object key string");
      }
      string();
      space();
      if (peek() != ':') {
        throw wrong("after object key");
      }
      at++;
      value(depth + 1);
      space();
      if (peek() == '}') {
        at++;
        return;
      }
      if (peek() != ',') {
        throw wrong("after object key:value pair");
      }
      at++;
    }
  }

  private void array(int depth) {
    at++;
    space();
    if (peek() == ']') {
      at++;
      return;
    }
    while (true) {
      value(depth + 1);
      space();
      if (peek() == ']') {
        at++;
        return;
      }
      if (peek() != ',') {
        throw wrong("after array element");
      }
      at++;
    }
  }

  private void string() {
    at++;
    while (peek() != '"') {
      if (peek() < 0x20) {
        throw wrong("in string literal");
      }
      if (peek() == '\\') {
        at++;
        if (peek() == 'u') {
          for (int i = 0; i < 4; i++) {
            at++;
            if (Character.digit(peek(), 16) < 0) {
              throw wrong("in \\u hexadecimal character escape");
            }
          }
        } else if ("\"\\/bfnrt".indexOf(peek()) < 0 || at >= text.length()) {
          throw wrong("in string escape code");
        }
      }
      at++;
    }
    at++;
  }

  private void literal(String word) {
    for (int i = 0; i < word.length(); i++, at++) {
      if (peek() != word.charAt(i)) {
        throw wrong("in literal " + word + " (expecting '" + word.charAt(i) + "')");
      }
    }
  }

  private void number() {
    if (peek() == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else {
      digits("in numeric literal");
    }
    if (peek() == '.') {
      at++;
      digits("after decimal point in numeric literal");
    }
    if (peek() == 'e' || peek() == 'E') {
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits("in exponent of numeric literal");
    }
  }

  private void digits(String where) {
    if (!isDigit(peek())) {
      throw wrong(where);
    }
    while (isDigit(peek())) {
      at++;
    }
  }

  private static boolean isDigit(char letter) {
    return letter >= '0' && letter <= '9';
  }
}
