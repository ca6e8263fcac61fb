package dev.coracle.apiserver.request;

import dev.coracle.api.Json;

/** Texts as Go's formatting writes them in messages. */
public final class Text {

  private Text() {}

  /** {@code %q}: in double quotes, with the usual escapes. */
  public static String quote(String text) {
    return Json.object().textNode(text).toString();
  }

  /** The text with replacement characters for halves of surrogate pairs, as Go reads it. */
  public static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        StringBuilder repaired = new StringBuilder(text.length());
        text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
            .forEach(repaired::appendCodePoint);
        return repaired.toString();
      }
    }
    return text;
  }
}
