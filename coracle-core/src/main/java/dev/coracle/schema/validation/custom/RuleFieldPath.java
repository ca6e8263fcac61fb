package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.schema.validation.field.FieldPath;
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
    return problem(schema, text, true);
  }

  /**
   * As above.
   *
   * @param subscripts whether {@code ['name']} is allowed
   */
  static String problem(JsonNode schema, String text, boolean subscripts) {
    JsonNode place = schema;
    Matcher step = STEP.matcher(text);
    int end = 0;
    while (end < text.length()) {
      if (!step.find(end) || step.start() != end) {
        return "expected [ or . but got: " + text.substring(end);
      }
      if (!subscripts && step.group(1) == null) {
        return "array notation is not allowed";
      }
      JsonNode next = next(place, step);
      if (!next.isObject()) {
        return "does not refer to a valid field";
      }
      place = next;
      end = step.end();
    }
    return "";
  }

  /** The schema of the field that a path without a {@link #problem} leads to. */
  static JsonNode schema(JsonNode schema, String text) {
    JsonNode place = schema;
    Matcher step = STEP.matcher(text);
    while (step.find()) {
      place = next(place, step);
    }
    return place;
  }

  private static JsonNode next(JsonNode place, Matcher step) {
    return place.has("properties")
        ? place.path("properties").path(name(step))
        : place.path("additionalProperties");
  }

  private static String name(Matcher step) {
    String plain = step.group(1);
    return plain != null ? plain : step.group(2).replaceAll("\\\\(.)", "$1");
  }
}
