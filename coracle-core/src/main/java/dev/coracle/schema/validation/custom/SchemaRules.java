package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldPath;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What Kubernetes asks of every part of a CRD's schema, structural or not: which of OpenAPI's words
 * are used, and how list and map types fit what they are said of.
 */
final class SchemaRules {

  private static final List<String> TYPES =
      List.of("array", "boolean", "integer", "number", "object", "string");
  private static final String[] UNSUPPORTED = {
    "id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"
  };
  private static final Set<String> IDENTITY = Set.of("metadata", "kind", "apiVersion");
  private static final String LIST = "x-kubernetes-list-type";
  private static final String KEYS = "x-kubernetes-list-map-keys";
  private static final String MAP = "x-kubernetes-map-type";

  /**
   * Where a rule stands.
   *
   * @param defaultsForbidden why there must be no default; empty where there may be one
   */
  private record Place(boolean root, boolean insideMetadata, String defaultsForbidden) {

    Place inside() {
      return new Place(false, insideMetadata, defaultsForbidden);
    }

    Place without(String why) {
      return new Place(root, insideMetadata, why);
    }
  }

  private SchemaRules() {}

  /**
   * @param schema an {@code openAPIV3Schema}
   */
  static void validate(Field schema) {
    if (schema.flag("nullable")) {
      schema.child("nullable").forbidden("nullable cannot be true at the root");
    }
    check(schema, new Place(true, false, ""));
  }

  private static void check(Field schema, Place place) {
    words(schema, place);
    if (schema.flag("uniqueItems")) {
      schema
          .child("uniqueItems")
          .forbidden(
              "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
    }
    below(schema, place);
    Field preserves = schema.child("x-kubernetes-preserve-unknown-fields");
    if (preserves.json().isBoolean() && !preserves.json().booleanValue()) {
      preserves.invalid("must be true or undefined");
    }
    mapType(schema);
    listType(schema);
    mapKeys(schema);
    nullability(schema);
  }

  private static void words(Field schema, Place place) {
    Field type = schema.child("type");
    if (!type.blank() && !TYPES.contains(type.text())) {
      schema.errors().notSupported(type.path(), type.json(), TYPES);
    }
    if (type.text().equals("null")) {
      type.forbidden("type cannot be set to null, use nullable as an alternative");
    }
    if (!place.defaultsForbidden().isEmpty() && schema.has("default")) {
      schema.child("default").forbidden("must not be set " + place.defaultsForbidden());
    }
    for (String word : UNSUPPORTED) {
      Field field = schema.child(word);
      if (!field.blank()) {
        field.forbidden(word + " is not supported");
      }
    }
    if (schema.child("items").json().isArray()) {
      schema.child("items").forbidden("items must be a schema object and not an array");
    }
    if (place.insideMetadata() && schema.flag("x-kubernetes-embedded-resource")) {
      schema
          .child("x-kubernetes-embedded-resource")
          .forbidden("must not be used inside of resource meta");
    }
  }

  private static void below(Field schema, Place place) {
    Field additional = schema.child("additionalProperties");
    if (additional.present() && !schema.child("properties").blank()) {
      if (!additional.json().asBoolean(false)) {
        additional.forbidden("additionalProperties and properties are mutual exclusive");
      }
    }
    if (additional.json().isObject()) {
      check(
          additional,
          place.insideMetadata()
              ? place.inside().without("inside additionalProperties applying to object metadata")
              : place.inside());
    }
    boolean whole = place.root() || schema.flag("x-kubernetes-embedded-resource");
    for (Map.Entry<String, JsonNode> property : schema.json().path("properties").properties()) {
      String name = property.getKey();
      Place inside = place.inside();
      if (whole && IDENTITY.contains(name)) {
        inside =
            new Place(
                false, true, place.root() ? "in top-level " + name : place.defaultsForbidden());
      }
      check(
          new Field(
              property.getValue(), schema.path().child("properties").key(name), schema.errors()),
          inside);
    }
    for (String junctor : new String[] {"allOf", "anyOf", "oneOf"}) {
      for (Field nested : schema.child(junctor).items()) {
        check(nested, place.inside());
      }
    }
    for (String one : new String[] {"not", "items"}) {
      if (schema.child(one).json().isObject()) {
        check(schema.child(one), place.inside());
      }
    }
  }

  private static void mapType(Field schema) {
    Field map = schema.child(MAP);
    if (!map.present()) {
      return;
    }
    typeIs(schema, "object", MAP);
    map.oneOf("atomic", "granular");
  }

  private static void typeIs(Field schema, String wanted, String because) {
    Field type = schema.child("type");
    String detail = "must be " + wanted + " if " + because + " is specified";
    if (type.blank()) {
      type.required(detail);
    } else if (!type.text().equals(wanted)) {
      type.invalid(detail);
    }
  }

  private static void listType(Field schema) {
    Field list = schema.child(LIST);
    if (!list.present()) {
      return;
    }
    typeIs(schema, "array", LIST);
    list.oneOf("atomic", "set", "map");
    Field items = schema.child("items");
    if (!list.text().equals("set") || !schema.text("type").equals("array")) {
      return;
    }
    String detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
    if (items.text("type").equals("array")
        && items.has(LIST)
        && !items.text(LIST).equals("atomic")) {
      items.child(LIST).invalid(detail);
    } else if (items.text("type").equals("object") && !items.text(MAP).equals("atomic")) {
      Field shown = items.child(LIST);
      schema
          .errors()
          .invalid(
              items.path().child(MAP),
              shown.present()
                  ? shown.json()
                  : com.fasterxml.jackson.databind.node.NullNode.instance,
              detail);
    }
  }

  private static void mapKeys(Field schema) {
    Field list = schema.child(LIST);
    Field keys = schema.child(KEYS);
    boolean map = list.text().equals("map");
    if (!keys.blank() && !map) {
      String detail = "must be map if x-kubernetes-list-map-keys is non-empty";
      if (list.present()) {
        list.invalid(detail);
      } else {
        list.required(detail);
      }
    }
    if (!map) {
      return;
    }
    if (keys.blank()) {
      keys.required("must not be empty if x-kubernetes-list-type is map");
    }
    Field items = schema.child("items");
    if (!items.present()) {
      items.required("must have a schema if x-kubernetes-list-type is map");
      return;
    }
    if (!items.json().isObject()) {
      items.invalid("must only have a single schema if x-kubernetes-list-type is map");
      return;
    }
    if (!items.text("type").equals("object")) {
      schema
          .errors()
          .invalid(
              items.path().child("type"),
              items.text("type"),
              "must be object if parent array's x-kubernetes-list-type is map");
      return;
    }
    Set<String> seen = new HashSet<>();
    for (JsonNode key : keys.json()) {
      JsonNode property = items.json().path("properties").path(key.asText(""));
      String type = property.path("type").asText("");
      if (property.isMissingNode()) {
        keys.invalid("entries must all be names of item properties");
      } else if (type.equals("array") || type.equals("object")) {
        schema
            .errors()
            .invalid(
                items.path().child("properties").key(key.asText("")).child("type"),
                TextNode.valueOf(items.text("type")),
                "must be a scalar type if parent array's x-kubernetes-list-type is map");
      }
      if (!seen.add(key.asText(""))) {
        keys.invalid("must not contain duplicate entries");
      }
    }
  }

  private static void nullability(Field schema) {
    String list = schema.text(LIST);
    Field items = schema.child("items");
    if (!items.json().isObject() || !list.equals("set") && !list.equals("map")) {
      return;
    }
    if (items.flag("nullable")) {
      items
          .child("nullable")
          .forbidden("cannot be nullable when x-kubernetes-list-type is " + list);
    }
    if (!list.equals("map")) {
      return;
    }
    Set<String> required = new HashSet<>();
    items.json().path("required").forEach(name -> required.add(name.asText("")));
    for (JsonNode key : schema.json().path(KEYS)) {
      JsonNode property = items.json().path("properties").path(key.asText(""));
      FieldPath path = items.path().child("properties").key(key.asText(""));
      if (property.isMissingNode()) {
        continue;
      }
      if (!required.contains(key.asText("")) && !property.has("default")) {
        schema
            .errors()
            .required(
                path.child("default"),
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a"
                    + " required property");
      }
      if (property.path("nullable").asBoolean(false)) {
        schema
            .errors()
            .forbidden(
                path.child("nullable"),
                "this property is in x-kubernetes-list-map-keys, so it cannot be nullable");
      }
    }
  }
}
