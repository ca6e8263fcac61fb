package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.re2j.PatternSyntaxException;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import dev.coracle.schema.validation.field.Trees;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Custom resources against their {@code openAPIV3Schema}: types, required fields, bounds, patterns,
 * enumerations and the combinations {@code allOf}, {@code anyOf}, {@code oneOf}, {@code not}. What
 * an update does not change is not checked again (ratcheting).
 */
public final class CustomValidation {

  private final FieldErrors errors;

  /** Whether lists may have items twice: those of the old object had. */
  private boolean lenient;

  public CustomValidation(FieldErrors errors) {
    this.errors = errors;
  }

  /**
   * The whole object; its metadata is checked elsewhere.
   *
   * @param old the stored object, or a missing node
   */
  public void object(JsonNode schema, JsonNode object, JsonNode old) {
    lenient = old.isObject() && ListDuplicates.in(schema, old);
    if (!object.equals(old)) {
      combinations(schema, object, FieldPath.ROOT);
    }
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
      case ARRAY -> array(schema, value, old, path);
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

  /** Patterns are Go's: linear in the text's length, whatever somebody wrote. */
  private static boolean matches(String pattern, String text) {
    try {
      return Patterns.of(pattern).matcher(text).find();
    } catch (PatternSyntaxException e) {
      return true;
    }
  }

  private void array(JsonNode schema, JsonNode value, JsonNode old, FieldPath path) {
    JsonNode most = schema.path("maxItems");
    if (most.isNumber() && value.size() > most.asLong()) {
      errors.tooMany(path, value.size(), most.asInt());
    }
    JsonNode least = schema.path("minItems");
    if (least.isNumber() && value.size() < least.asLong()) {
      errors.invalid(
          path, value, path + " in body should have at least " + least.asText() + " items");
    }
    boolean unique = !lenient && ListDuplicates.forbidden(schema);
    Set<JsonNode> seen = new HashSet<>();
    for (int i = 0; i < value.size(); i++) {
      JsonNode item = value.get(i);
      value(schema.path("items"), item, TypedLists.sameItem(schema, item, old), path.index(i));
      if (unique) {
        JsonNode key = TypedLists.isMap(schema) ? TypedLists.key(schema, item) : item;
        if (!seen.add(key)) {
          errors.duplicate(path.index(i), key);
        }
      }
    }
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
    boolean whole = schema.path("x-kubernetes-map-type").asText("").equals("atomic");
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      String name = entry.getKey();
      JsonNode before = whole ? Field.nothing() : old.path(name);
      if (properties.has(name)) {
        value(properties.get(name), entry.getValue(), before, path.child(name));
      } else if (additional.isObject()) {
        value(additional, entry.getValue(), before, path.child(name));
      }
    }
  }

  private void combinations(JsonNode schema, JsonNode value, FieldPath path) {
    JsonNode any = schema.path("anyOf");
    if (any.isArray() && !any.isEmpty()) {
      List<FieldErrors> tried = tried(any, value, path);
      if (tried.stream().noneMatch(FieldErrors::isEmpty)) {
        combination(path, "must validate at least one schema (anyOf)");
        best(tried).causes().forEach(errors::add);
      }
    }
    JsonNode one = schema.path("oneOf");
    if (one.isArray() && !one.isEmpty()) {
      List<FieldErrors> tried = tried(one, value, path);
      long fitting = tried.stream().filter(FieldErrors::isEmpty).count();
      if (fitting != 1) {
        combination(
            path,
            "must validate one and only one schema (oneOf). "
                + (fitting == 0 ? "Found none valid" : "Found " + fitting + " valid alternatives"));
      }
      if (fitting == 0) {
        best(tried).causes().forEach(errors::add);
      }
    }
    List<FieldErrors> all = tried(schema.path("allOf"), value, path);
    if (!all.stream().allMatch(FieldErrors::isEmpty)) {
      all.forEach(each -> each.causes().forEach(errors::add));
      boolean none = all.stream().noneMatch(FieldErrors::isEmpty);
      combination(path, "must validate all the schemas (allOf)" + (none ? ". None validated" : ""));
    }
    JsonNode not = schema.path("not");
    if (not.isObject() && tried(not, value, path, new FieldErrors()).isEmpty()) {
      combination(path, "must not validate the schema (not)");
    }
  }

  /** Kubernetes reports these of no field, and with no value. */
  private void combination(FieldPath path, String detail) {
    errors.add(
        new StatusCause(
            "FieldValueInvalid",
            "Invalid value: \"\": " + FieldErrors.quoted(path.toString()) + " " + detail,
            "<nil>"));
  }

  private static List<FieldErrors> tried(JsonNode schemas, JsonNode value, FieldPath path) {
    List<FieldErrors> tried = new ArrayList<>();
    for (JsonNode schema : schemas) {
      tried.add(tried(schema, value, path, new FieldErrors()));
    }
    return tried;
  }

  private static FieldErrors tried(
      JsonNode schema, JsonNode value, FieldPath path, FieldErrors found) {
    new CustomValidation(found).value(schema, value, Field.nothing(), path);
    return found;
  }

  /** The alternative that is nearest to fit. */
  private static FieldErrors best(List<FieldErrors> tried) {
    FieldErrors best = tried.getFirst();
    for (FieldErrors each : tried) {
      if (each.causes().size() < best.causes().size()) {
        best = each;
      }
    }
    return best;
  }
}
