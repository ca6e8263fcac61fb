package dev.coracle.node.downward;

import java.util.Map;

/** {@code $(VAR)} references in commands, arguments and environment values. */
public final class Expansion {

  private Expansion() {}

  /**
   * Replaces references to known variables; others stay as they are, and {@code $$} is a dollar
   * that starts no reference.
   */
  public static String expand(String text, Map<String, String> variables) {
    if (text.indexOf('$') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c != '$' || i + 1 == text.length()) {
        out.append(c);
        i++;
        continue;
      }
      char next = text.charAt(i + 1);
      int end = next == '(' ? text.indexOf(')', i + 2) : -1;
      if (next == '$') {
        out.append('$');
        i += 2;
      } else if (next == '(' && end > 0) {
        String name = text.substring(i + 2, end);
        String value = variables.get(name);
        out.append(value == null ? text.substring(i, end + 1) : value);
        i = end + 1;
      } else {
        out.append('$').append(next);
        i += 2;
      }
    }
    return out.toString();
  }
}
