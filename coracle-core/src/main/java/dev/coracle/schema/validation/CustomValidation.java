package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Custom resources against their {@code openAPIV3Schema}: types, required fields, bounds, patterns,
 * enumerations and the combinations {@code allOf}, {@code anyOf}, {@code oneOf}, {@code not}. What
 * an update does not change is not checked again (ratcheting).
 */
final class CustomValidation {

  private final FieldErrors errors;

  CustomValidation(FieldErrors errors) {
    this.errors = errors;
  }

  /**
   * The whole object; its metadata is checked elsewhere.
   *
   * @param old the stored object, or a missing node
   */
  void object(JsonNode schema, JsonNode object, JsonNode old) {
    for (JsonNode required : schema.path("required")) {
      if (!object.hasNonNull(required.asText(""))) {
        errors.required(FieldPath.of(required.asText("")), "");
      }
    }
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      String name = property.getKey();
      boolean common = name.equals("metadata") || name.equals("apiVersion") || name.equals("kind");
      if (!common && object.has(name)) {
        value(property.getValue(), object.get(name), old.path(name), FieldPath.of(name));
      }
    }
  }

  /** One value by itself; paths and messages begin at it. */
  void alone(JsonNode schema, JsonNode value) {
    value(schema, value, Field.nothing(), FieldPath.ROOT);
  }

  private void value(JsonNode schema, JsonNode value, JsonNode old, FieldPath path) {
    if (value.equals(old)) {
      return;
    }
    if (value.isNull()) {
      if (!schema.path("nullable").asBoolean(false) && schema.has("type")) {
        wrongType(schema, value, path);
      }
      return;
    }
    if (schema.path("x-kubernetes-int-or-string").asBoolean(false)) {
      if (!value.isIntegralNumber() && !value.isTextual()) {
        typeError(path, "integer,string", type(value));
      }
    } else if (!typeFits(schema.path("type").asText(""), value)) {
      wrongType(schema, value, path);
      return;
    }
    enumeration(schema.path("enum"), value, path);
    combinations(schema, value, path);
    switch (value.getNodeType()) {
      case NUMBER -> number(schema, value, path);
      case STRING -> string(schema, value.textValue(), path);
      case ARRAY -> array(schema, value, path);
      case OBJECT -> fields(schema, value, old, path);
      default -> {}
    }
  }

  private static boolean typeFits(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "boolean" -> value.isBoolean();
      case "number" -> value.isNumber();
      case "integer" ->
          value.isIntegralNumber()
              || (value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0);
      default -> true;
    };
  }

  private static String type(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "array";
      case BOOLEAN -> "boolean";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      case STRING -> "string";
      case NULL -> "null";
      default -> "object";
    };
  }

  private void wrongType(JsonNode schema, JsonNode value, FieldPath path) {
    String wanted = schema.path("type").asText("");
    if (wanted.equals("integer") && value.isNumber()) {
      errors.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: \"\": Checked value must be of type integer (default format) in "
                  + path,
              "<nil>"));
    }
    typeError(path, wanted, type(value));
  }

  private void typeError(FieldPath path, String wanted, String actual) {
    errors.typeInvalid(
        path,
        TextNode.valueOf(actual),
        path + " in body must be of type " + wanted + ": " + FieldErrors.quoted(actual));
  }

  private void enumeration(JsonNode allowed, JsonNode value, FieldPath path) {
    if (!allowed.isArray()) {
      return;
    }
    for (JsonNode one : allowed) {
      if (Trees.same(one, value) && one.getNodeType() == value.getNodeType()) {
        return;
      }
    }
    errors.notSupported(path, value, allowed.valueStream().map(one -> one.asText()).toList());
  }

  private void number(JsonNode schema, JsonNode value, FieldPath path) {
    BigDecimal number = value.decimalValue();
    JsonNode least = schema.path("minimum");
    if (least.isNumber()) {
      boolean exclusive = schema.path("exclusiveMinimum").asBoolean(false);
      int order = number.compareTo(least.decimalValue());
      if (order < 0 || (exclusive && order == 0)) {
        bound(path, value, exclusive ? "greater than " : "greater than or equal to ", least);
      }
    }
    JsonNode most = schema.path("maximum");
    if (most.isNumber()) {
      boolean exclusive = schema.path("exclusiveMaximum").asBoolean(false);
      int order = number.compareTo(most.decimalValue());
      if (order > 0 || (exclusive && order == 0)) {
        bound(path, value, exclusive ? "less than " : "less than or equal to ", most);
      }
    }
    JsonNode factor = schema.path("multipleOf");
    if (factor.isNumber()
        && factor.decimalValue().signum() > 0
        && number.remainder(factor.decimalValue()).signum() != 0) {
      bound(path, value, "a multiple of ", factor);
    }
  }

  private void bound(FieldPath path, JsonNode value, String relation, JsonNode bound) {
    errors.invalid(path, value, path + " in body should be " + relation + bound.asText());
  }

  /** Of length and pattern, only the first that is broken is told. */
  private void string(JsonNode schema, String text, FieldPath path) {
    int length = text.codePointCount(0, text.length());
    JsonNode most = schema.path("maxLength");
    JsonNode least = schema.path("minLength");
    String pattern = schema.path("pattern").asText("");
    if (most.isNumber() && length > most.asLong()) {
      errors.tooLong(path, most.asInt());
    } else if (least.isNumber() && length < least.asLong()) {
      errors.invalid(
          path, text, path + " in body should be at least " + least.asText() + " chars long");
    } else if (!pattern.isEmpty() && !matches(pattern, text)) {
      errors.invalid(path, text, path + " in body should match '" + pattern + "'");
    }
    String format = schema.path("format").asText("");
    if (!Formats.fits(format, text)) {
      typeErrorOfFormat(path, format, text);
    }
  }

  private void typeErrorOfFormat(FieldPath path, String format, String text) {
    errors.invalid(
        path, text, path + " in body must be of type " + format + ": " + FieldErrors.quoted(text));
  }

  /** Patterns are Go's (RE2), which Java's understand but for a few; those are not enforced. */
  private static boolean matches(String pattern, String text) {
    try {
      Matcher matcher = Pattern.compile(pattern).matcher(text);
      return matcher.find();
    } catch (PatternSyntaxException e) {
      return true;
    }
  }

  private void array(JsonNode schema, JsonNode value, FieldPath path) {
    JsonNode most = schema.path("maxItems");
    if (most.isNumber() && value.size() > most.asLong()) {
      errors.tooMany(path, value.size(), most.asInt());
    }
    JsonNode least = schema.path("minItems");
    if (least.isNumber() && value.size() < least.asLong()) {
      errors.invalid(
          path, value, path + " in body should have at least " + least.asText() + " items");
    }
    String list = schema.path("x-kubernetes-list-type").asText("");
    Set<JsonNode> seen = new HashSet<>();
    for (int i = 0; i < value.size(); i++) {
      JsonNode item = value.get(i);
      value(schema.path("items"), item, Field.nothing(), path.index(i));
      if (list.equals("set") && !seen.add(item)) {
        errors.duplicate(path.index(i), item);
      } else if (list.equals("map")) {
        JsonNode key = keyOf(schema, item);
        if (!seen.add(key)) {
          errors.duplicate(path.index(i), key);
        }
      }
    }
  }

  private static JsonNode keyOf(JsonNode schema, JsonNode item) {
    ObjectNode key = Json.object();
    for (JsonNode name : schema.path("x-kubernetes-list-map-keys")) {
      if (item.has(name.asText(""))) {
        key.set(name.asText(""), item.get(name.asText("")));
      }
    }
    return key;
  }

  private void fields(JsonNode schema, JsonNode value, JsonNode old, FieldPath path) {
    for (JsonNode required : schema.path("required")) {
      if (!value.has(required.asText(""))) {
        errors.required(path.child(required.asText("")), "");
      }
    }
    JsonNode most = schema.path("maxProperties");
    if (most.isNumber() && value.size() > most.asLong()) {
      errors.tooMany(path, value.size(), most.asInt());
    }
    JsonNode least = schema.path("minProperties");
    if (least.isNumber() && value.size() < least.asLong()) {
      errors.invalid(
          path, value, path + " in body should have at least " + least.asText() + " properties");
    }
    JsonNode properties = schema.path("properties");
    JsonNode additional = schema.path("additionalProperties");
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      String name = entry.getKey();
      if (properties.has(name)) {
        value(properties.get(name), entry.getValue(), old.path(name), path.child(name));
      } else if (additional.isObject()) {
        value(additional, entry.getValue(), old.path(name), path.child(name));
      }
    }
  }

  private void combinations(JsonNode schema, JsonNode value, FieldPath path) {
    String subject = FieldErrors.quoted(path.toString());
    if (schema.path("anyOf").isArray() && fitting(schema.path("anyOf"), value, path) == 0) {
      errors.invalid(path, value, subject + " must validate at least one schema (anyOf)");
    }
    if (schema.path("oneOf").isArray()) {
      int fitting = fitting(schema.path("oneOf"), value, path);
      if (fitting != 1) {
        errors.invalid(
            path,
            value,
            subject
                + " must validate one and only one schema (oneOf). "
                + (fitting == 0 ? "Found none valid" : "Found " + fitting + " valid alternatives"));
      }
    }
    for (JsonNode all : schema.path("allOf")) {
      if (!fits(all, value, path)) {
        errors.invalid(path, value, subject + " must validate all the schemas (allOf)");
        break;
      }
    }
    if (schema.path("not").isObject() && fits(schema.path("not"), value, path)) {
      errors.invalid(path, value, subject + " must not validate the schema (not)");
    }
  }

  private static int fitting(JsonNode schemas, JsonNode value, FieldPath path) {
    int fitting = 0;
    for (JsonNode schema : schemas) {
      fitting += fits(schema, value, path) ? 1 : 0;
    }
    return fitting;
  }

  private static boolean fits(JsonNode schema, JsonNode value, FieldPath path) {
    FieldErrors own = new FieldErrors();
    new CustomValidation(own).value(schema, value, Field.nothing(), path);
    return own.isEmpty();
  }
}
