package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;
import java.util.Set;

/**
 * Whether a CRD's schema is structural (every field says its type), and whether its defaults have
 * the type of their field. The rule is that of the CustomResourceDefinition API reference.
 */
final class StructuralSchemaValidation {

  private static final Set<String> TYPES =
      Set.of("array", "boolean", "integer", "number", "object", "string");

  private StructuralSchemaValidation() {}

  /**
   * @param schema an {@code openAPIV3Schema}
   */
  static void validate(Field schema) {
    Field type = schema.child("type");
    if (type.blank()) {
      type.required("must not be empty at the root");
    } else if (!type.text().equals("object")) {
      type.invalid("must be object at the root");
    }
    if (schema.flag("nullable")) {
      schema.child("nullable").forbidden("nullable cannot be true at the root");
    }
    inside(schema);
  }

  private static void nested(Field schema, String where) {
    Field type = schema.child("type");
    boolean intOrString = schema.flag("x-kubernetes-int-or-string");
    if (type.blank()) {
      if (!intOrString && !schema.flag("x-kubernetes-preserve-unknown-fields")) {
        type.required("must not be empty for specified " + where);
      }
    } else if (intOrString) {
      type.invalid("must be empty if x-kubernetes-int-or-string is true");
    } else if (!TYPES.contains(type.text())) {
      type.oneOf("array", "boolean", "integer", "number", "object", "string");
    }
    inside(schema);
  }

  private static void inside(Field schema) {
    Field properties = schema.child("properties");
    Field additional = schema.child("additionalProperties");
    for (Map.Entry<String, JsonNode> property : properties.json().properties()) {
      nested(
          new Field(property.getValue(), properties.path().key(property.getKey()), schema.errors()),
          "object fields");
    }
    if (additional.json().isObject()) {
      if (!properties.blank()) {
        additional.forbidden("additionalProperties and properties are mutual exclusive");
      }
      nested(additional, "object fields");
    }
    Field items = schema.child("items");
    if (schema.text("type").equals("array") && !items.present()) {
      items.required("must be specified");
    } else if (items.json().isObject()) {
      nested(items, "array items");
    } else if (items.json().isArray()) {
      items.forbidden("items must be a schema object and not an array");
    }
    if (schema.flag("uniqueItems")) {
      schema
          .child("uniqueItems")
          .forbidden(
              "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
    }
    defaultValue(schema);
  }

  private static void defaultValue(Field schema) {
    JsonNode value = schema.json().path("default");
    String type = schema.text("type");
    if (value.isMissingNode() || value.isNull() || type.isEmpty()) {
      return;
    }
    String actual = type(value);
    boolean fits = actual.equals(type) || (type.equals("number") && actual.equals("integer"));
    if (!fits) {
      schema
          .errors()
          .typeInvalid(
              schema.path().child("default"),
              TextNode.valueOf(actual),
              " in body must be of type " + type + ": " + FieldErrors.quoted(actual));
    }
  }

  private static String type(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "array";
      case BOOLEAN -> "boolean";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      case STRING -> "string";
      default -> "object";
    };
  }
}
