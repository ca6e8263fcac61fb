package dev.coracle.apiserver;

import dev.coracle.api.Json;

/** Texts as Go's formatting writes them in messages. */
final class Text {

  private Text() {}

  /** {@code %q}: in double quotes, with the usual escapes. */
  static String quote(String text) {
    return Json.object().textNode(text).toString();
  }
}
