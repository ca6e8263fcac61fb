package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code fieldPath} of a rule: {@code .spec.replicas} or {@code ['a name'].b}. */
final class RuleFieldPath {

  private static final Pattern STEP =
      Pattern.compile("\\.([^.\\[\\]]+)|\\['((?:[^'\\\\]|\\\\.)*)'\\]");

  private RuleFieldPath() {}

  /**
   * The path of a field below another.
   *
   * @param schema of the place that has the rule
   */
  static @Nullable FieldPath below(@Nullable FieldPath path, JsonNode schema, String text) {
    FieldPath below = path;
    JsonNode place = schema;
    Matcher step = STEP.matcher(text);
    int end = 0;
    while (end < text.length() && step.find(end) && step.start() == end) {
      String name = name(step);
      if (place.has("properties") || below == null) {
        below = below == null ? FieldPath.of(name) : below.child(name);
        place = place.path("properties").path(name);
      } else {
        below = below.key(name);
        place = place.path("additionalProperties");
      }
      end = step.end();
    }
    return below;
  }

  /** What is wrong with a path; empty when it leads to a field of the schema. */
  static String problem(JsonNode schema, String text) {
    JsonNode place = schema;
    Matcher step = STEP.matcher(text);
    int end = 0;
    while (end < text.length()) {
      if (!step.find(end) || step.start() != end) {
        return "expected [ or . but got: " + text.substring(end);
      }
      String name = name(step);
      JsonNode next =
          place.has("properties")
              ? place.path("properties").path(name)
              : place.path("additionalProperties");
      if (!next.isObject()) {
        return "does not refer to a valid field";
      }
      place = next;
      end = step.end();
    }
    return "";
  }

  private static String name(Matcher step) {
    String plain = step.group(1);
    return plain != null ? plain : step.group(2).replaceAll("\\\\(.)", "$1");
  }
}
