package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.PatternSyntaxException;
import dev.coracle.api.Json;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldPath;
import java.util.Map;

/**
 * Whether a CRD's schema is structural: every field says its type outside of {@code allOf}, {@code
 * anyOf}, {@code oneOf} and {@code not}, and these only restrict values. The rules are those of
 * "Specifying a structural schema" in the Kubernetes documentation.
 */
final class StructuralSchemaValidation {

  /** Where a schema stands, which decides what must be said of its type. */
  private enum Level {
    ROOT("at the root"),
    ITEM("for specified array items"),
    FIELD("for specified object fields");

    private final String where;

    Level(String where) {
      this.where = where;
    }
  }

  /** What a schema under a junctor must not say, and how it is told. */
  private static final String[][] NOT_NESTED = {
    {"type", "must be empty to be structural"},
    {"additionalProperties", "must be undefined to be structural"},
    {"default", "must be undefined to be structural"},
    {"title", "must be empty to be structural"},
    {"description", "must be empty to be structural"},
    {"nullable", "must be false to be structural"},
    {"externalDocs", "must be undefined to be structural"},
    {"x-kubernetes-preserve-unknown-fields", "must be false to be structural"},
    {"x-kubernetes-embedded-resource", "must be false to be structural"},
    {"x-kubernetes-int-or-string", "must be false to be structural"},
    {"x-kubernetes-list-map-keys", "must be empty to be structural"},
    {"x-kubernetes-list-type", "must be undefined to be structural"},
    {"x-kubernetes-map-type", "must be undefined to be structural"},
    {"x-kubernetes-validations", "must be empty to be structural"},
  };

  private static final String[] JUNCTORS = {"allOf", "anyOf", "oneOf"};
  private static final JsonNode INTEGER_OR_STRING =
      Json.array()
          .add(Json.object().put("type", "integer"))
          .add(Json.object().put("type", "string"));

  private StructuralSchemaValidation() {}

  /**
   * @param schema an {@code openAPIV3Schema}
   */
  static void validate(Field schema) {
    invariants(schema, Level.ROOT);
    completeness(schema, schema.json(), schema.path());
  }

  private static void invariants(Field schema, Level level) {
    Field type = schema.child("type");
    Field items = schema.child("items");
    if (type.text().equals("array") && !items.present()) {
      items.required("must be specified");
    }
    if (items.json().isObject()) {
      invariants(items, Level.ITEM);
    }
    for (Field property : schema.child("properties").entries()) {
      invariants(property, Level.FIELD);
    }
    Field additional = schema.child("additionalProperties");
    if (additional.present()) {
      if (level == Level.ROOT) {
        additional.forbidden("must not be used at the root");
      }
      if (additional.json().isObject()) {
        invariants(additional, Level.FIELD);
      }
    }
    extensions(schema);
    boolean anyOf = schema.json().path("anyOf").equals(INTEGER_OR_STRING);
    boolean allOf = schema.json().path("allOf").path(0).path("anyOf").equals(INTEGER_OR_STRING);
    junctors(schema, anyOf, allOf);
    type(schema, level);
    if (schema.flag("x-kubernetes-embedded-resource")) {
      if (additional.present()) {
        additional.forbidden("must not be used if x-kubernetes-embedded-resource is set");
      }
      if (!schema.flag("x-kubernetes-preserve-unknown-fields")
          && schema.child("properties").blank()) {
        schema
            .child("properties")
            .required(
                "must not be empty if x-kubernetes-embedded-resource is true without"
                    + " x-kubernetes-preserve-unknown-fields");
      }
    }
    identity(schema, level);
  }

  private static void extensions(Field schema) {
    if (!schema.flag("x-kubernetes-int-or-string")) {
      return;
    }
    for (String other :
        new String[] {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"}) {
      if (schema.flag(other)) {
        schema.child(other).invalid("must be false if x-kubernetes-int-or-string is true");
      }
    }
  }

  private static void type(Field schema, Level level) {
    Field type = schema.child("type");
    if (schema.flag("x-kubernetes-embedded-resource") && !type.text().equals("object")) {
      String detail = "must be object if x-kubernetes-embedded-resource is true";
      if (type.blank()) {
        type.required(detail);
      } else {
        type.invalid(detail);
      }
    } else if (type.blank()
        && !schema.flag("x-kubernetes-int-or-string")
        && !schema.flag("x-kubernetes-preserve-unknown-fields")) {
      type.required("must not be empty " + level.where);
    }
    if (level == Level.ROOT && !type.blank() && !type.text().equals("object")) {
      type.invalid("must be object at the root");
    }
  }

  /** What may be said of apiVersion, kind and metadata of a whole object. */
  private static void identity(Field schema, Level level) {
    boolean whole = level == Level.ROOT || schema.flag("x-kubernetes-embedded-resource");
    JsonNode properties = schema.json().path("properties");
    if (whole) {
      for (String name : new String[] {"kind", "apiVersion"}) {
        JsonNode type = properties.path(name).path("type");
        if (properties.has(name) && !type.asText("").equals("string")) {
          FieldPath path = schema.path().child("properties").key(name).child("type");
          schema.errors().invalid(path, type.asText(""), "must be string");
        }
      }
    }
    if (!properties.has("metadata")) {
      return;
    }
    JsonNode metadata = properties.path("metadata");
    FieldPath path = schema.path().child("properties").key("metadata");
    if (whole && !metadata.path("type").asText("").equals("object")) {
      schema
          .errors()
          .invalid(path.child("type"), metadata.path("type").asText(""), "must be object");
    }
    if (level == Level.ROOT && saysMore(metadata)) {
      schema
          .errors()
          .forbidden(
              path,
              "must not specify anything other than name and generateName, but metadata is"
                  + " implicitly specified");
    }
  }

  private static boolean saysMore(JsonNode metadata) {
    for (Map.Entry<String, JsonNode> said : metadata.properties()) {
      switch (said.getKey()) {
        case "type", "default" -> {
          // Checked elsewhere.
        }
        case "properties" -> {
          for (Map.Entry<String, JsonNode> property : said.getValue().properties()) {
            if (!property.getKey().equals("name") && !property.getKey().equals("generateName")) {
              return true;
            }
          }
        }
        default -> {
          return true;
        }
      }
    }
    return false;
  }

  private static void junctors(Field schema, boolean skipAnyOf, boolean skipAnyOfInAllOf) {
    for (String junctor : JUNCTORS) {
      int index = 0;
      for (Field nested : schema.child(junctor).items()) {
        if (!junctor.equals("anyOf") || !skipAnyOf) {
          boolean first = junctor.equals("allOf") && index == 0;
          nested(nested, first && skipAnyOfInAllOf);
        }
        index++;
      }
    }
    Field not = schema.child("not");
    if (not.json().isObject()) {
      nested(not, false);
    }
    Field pattern = schema.child("pattern");
    if (!pattern.blank()) {
      try {
        Patterns.of(pattern.text());
      } catch (PatternSyntaxException e) {
        pattern.invalid("must be a valid regular expression, but isn't: " + e.getMessage());
      }
    }
  }

  private static void nested(Field schema, boolean skipAnyOf) {
    junctors(schema, skipAnyOf, false);
    if (schema.child("items").json().isObject()) {
      nested(schema.child("items"), false);
    }
    for (Field property : schema.child("properties").entries()) {
      nested(property, false);
    }
    for (String[] rule : NOT_NESTED) {
      Field field = schema.child(rule[0]);
      boolean said = field.json().isBoolean() ? field.json().booleanValue() : !field.blank();
      if (said) {
        field.forbidden(rule[1]);
      }
    }
    if (schema.child("properties").has("metadata")) {
      schema
          .errors()
          .forbidden(
              schema.path().child("properties").key("metadata"),
              "must not be specified in a nested context");
    }
  }

  /** Every field that a junctor speaks of must be specified outside of junctors too. */
  private static void completeness(Field junction, JsonNode structure, FieldPath path) {
    for (String junctor : JUNCTORS) {
      for (Field nested : junction.child(junctor).items()) {
        nestedCompleteness(nested, structure, path);
      }
    }
    if (junction.child("not").json().isObject()) {
      nestedCompleteness(junction.child("not"), structure, path);
    }
  }

  private static void nestedCompleteness(Field nested, JsonNode structure, FieldPath path) {
    if (!structure.isObject()) {
      nested.errors().required(path, "because it is defined in " + nested.path());
      return;
    }
    completeness(nested, structure, path);
    if (nested.child("items").json().isObject()) {
      nestedCompleteness(nested.child("items"), structure.path("items"), path.child("items"));
    }
    for (Map.Entry<String, JsonNode> property : nested.json().path("properties").properties()) {
      FieldPath said = nested.path().child("properties").key(property.getKey());
      FieldPath wanted = path.child("properties").key(property.getKey());
      JsonNode there = structure.path("properties").path(property.getKey());
      nestedCompleteness(new Field(property.getValue(), said, nested.errors()), there, wanted);
    }
  }
}
