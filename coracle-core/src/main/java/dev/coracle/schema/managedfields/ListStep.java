package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Steps to elements of lists as FieldsV1 writes them, {@code k:{"name":"a"}} and {@code v:"x"}, as
 * far as they are plain: no escapes, nothing beyond ASCII. Such steps, which are nearly all, are
 * written and known to be written canonically without a JSON parser.
 */
final class ListStep {

  private ListStep() {}

  /** The step to the element with these keys; null when it takes more to write it. */
  static @Nullable String plain(ObjectNode keys) {
    StringBuilder step = new StringBuilder("k:{");
    String last = "";
    for (Map.Entry<String, JsonNode> key : keys.properties()) {
      String name = key.getKey();
      JsonNode value = key.getValue();
      if (name.compareTo(last) <= 0 || !isPlain(name, 0, name.length())) {
        return null;
      }
      step.append(last.isEmpty() ? "\"" : ",\"").append(name).append("\":");
      last = name;
      if (value.isTextual() && isPlain(value.textValue(), 0, value.textValue().length())) {
        step.append('"').append(value.textValue()).append('"');
      } else if (value.isInt() || value.isBoolean()) {
        step.append(value.asText());
      } else {
        return null;
      }
    }
    return step.append('}').toString();
  }

  /** Whether a step is one that {@link #plain} writes, or the like for an element of a set. */
  static boolean isPlain(String step) {
    if (step.startsWith("v:")) {
      return value(step, 2) == step.length();
    }
    if (!step.startsWith("k:{\"")) {
      return false;
    }
    int at = 3;
    String last = "";
    while (true) {
      int end = string(step, at);
      if (end < 0 || end >= step.length() || step.charAt(end) != ':') {
        return false;
      }
      String name = step.substring(at + 1, end - 1);
      if (name.compareTo(last) <= 0) {
        return false;
      }
      last = name;
      at = value(step, end + 1);
      if (at < 0 || at >= step.length()) {
        return false;
      }
      if (step.charAt(at) == '}') {
        return at == step.length() - 1;
      }
      if (step.charAt(at) != ',') {
        return false;
      }
      at++;
    }
  }

  /** The index behind the plain string that begins at one; -1 when there is none. */
  private static int string(String text, int at) {
    if (at >= text.length() || text.charAt(at) != '"') {
      return -1;
    }
    int end = text.indexOf('"', at + 1);
    return end >= 0 && isPlain(text, at + 1, end) ? end + 1 : -1;
  }

  /** The index behind the plain string or the number that begins at one; -1 for all else. */
  private static int value(String text, int at) {
    if (at < text.length() && text.charAt(at) == '"') {
      return string(text, at);
    }
    int end = at;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    boolean canonical = end > at && end - at < 10 && (text.charAt(at) != '0' || end == at + 1);
    return canonical ? end : -1;
  }

  private static boolean isPlain(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\') {
        return false;
      }
    }
    return true;
  }
}
