package dev.coracle.schema.validation.field;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.coracle.api.StatusCause;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Collects what is wrong with an object. Reasons and messages are those of Kubernetes' field.Error:
 * {@code Invalid value: "x": must be ...}, {@code Required value}, {@code Unsupported value: "x":
 * supported values: "a", "b"}.
 */
public final class FieldErrors {

  private final List<StatusCause> causes = new ArrayList<>();

  public void required(FieldPath path, String detail) {
    add("FieldValueRequired", path.toString(), "Required value", detail);
  }

  public void invalid(FieldPath path, JsonNode value, String detail) {
    add("FieldValueInvalid", path.toString(), "Invalid value: " + shown(value), detail);
  }

  public void invalid(FieldPath path, String value, String detail) {
    add("FieldValueInvalid", path.toString(), "Invalid value: " + quoted(value), detail);
  }

  public void invalid(FieldPath path, long value, String detail) {
    add("FieldValueInvalid", path.toString(), "Invalid value: " + value, detail);
  }

  /** One error for each message. */
  public void invalid(FieldPath path, String value, List<String> messages) {
    for (String message : messages) {
      invalid(path, value, message);
    }
  }

  /** The value has another JSON type than the schema says. */
  public void typeInvalid(FieldPath path, JsonNode value, String detail) {
    add("FieldValueTypeInvalid", path.toString(), "Invalid value: " + shown(value), detail);
  }

  public void duplicate(FieldPath path, JsonNode value) {
    add("FieldValueDuplicate", path.toString(), "Duplicate value: " + shown(value), "");
  }

  public void duplicate(FieldPath path, String value) {
    duplicate(path, TextNode.valueOf(value));
  }

  public void notFound(FieldPath path, String value) {
    add("FieldValueNotFound", path.toString(), "Not found: " + quoted(value), "");
  }

  public void forbidden(FieldPath path, String detail) {
    add("FieldValueForbidden", path.toString(), "Forbidden", detail);
  }

  /** The supported values are named in the order given. */
  public void notSupported(FieldPath path, JsonNode value, Collection<String> supported) {
    StringBuilder detail = new StringBuilder("supported values: ");
    int start = detail.length();
    for (String one : supported) {
      detail.append(detail.length() == start ? "" : ", ").append(quoted(one));
    }
    add(
        "FieldValueNotSupported",
        path.toString(),
        "Unsupported value: " + shown(value),
        supported.isEmpty() ? "" : detail.toString());
  }

  public void notSupported(FieldPath path, String value, Collection<String> supported) {
    notSupported(path, TextNode.valueOf(value), supported);
  }

  public void tooLong(FieldPath path, int most) {
    tooLong(path.toString(), most);
  }

  /** For limits of the whole object, whose path Kubernetes writes as {@code []}. */
  public void tooLong(String path, int most) {
    add("FieldValueTooLong", path, "Too long", "may not be more than " + most + " bytes");
  }

  public void tooMany(FieldPath path, int actual, int most) {
    add(
        "FieldValueTooMany",
        path.toString(),
        "Too many: " + actual,
        "must have at most " + most + (most == 1 ? " item" : " items"));
  }

  /** Adds a cause that was made elsewhere. */
  public void add(StatusCause cause) {
    causes.add(cause);
  }

  private void add(String reason, String field, String body, String detail) {
    causes.add(new StatusCause(reason, detail.isEmpty() ? body : body + ": " + detail, field));
  }

  public boolean isEmpty() {
    return causes.isEmpty();
  }

  /** The causes in the order of their fields. */
  public List<StatusCause> causes() {
    List<StatusCause> sorted = new ArrayList<>(causes);
    sorted.sort(Comparator.comparing(StatusCause::field));
    return sorted;
  }

  private static String shown(JsonNode value) {
    if (value.isTextual()) {
      return quoted(value.textValue());
    }
    return value.isMissingNode() ? "null" : value.toString();
  }

  /** A string as Go's {@code %q} writes it. */
  public static String quoted(String value) {
    StringBuilder text = new StringBuilder(value.length() + 2).append('"');
    value
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                case '\r' -> text.append("\\r");
                default -> {
                  if (c < ' ' || c == 0x7f) {
                    text.append("\\x").append(Character.forDigit(c >> 4, 16));
                    text.append(Character.forDigit(c & 15, 16));
                  } else {
                    text.appendCodePoint(c);
                  }
                }
              }
            });
    return text.append('"').toString();
  }

  public static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
