package dev.coracle.schema.cel;

import java.util.Set;

/**
 * Words that CEL keeps for itself: no variable may be called so, and a field that is gets escaped.
 */
public final class ReservedWords {

  private static final Set<String> WORDS =
      Set.of(
          "true",
          "false",
          "null",
          "in",
          "as",
          "break",
          "const",
          "continue",
          "else",
          "for",
          "function",
          "if",
          "import",
          "let",
          "loop",
          "package",
          "namespace",
          "return",
          "var",
          "void",
          "while");

  private ReservedWords() {}

  public static boolean contains(String name) {
    return WORDS.contains(name);
  }
}
