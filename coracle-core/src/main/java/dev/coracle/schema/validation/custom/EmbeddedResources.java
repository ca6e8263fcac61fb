package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import dev.coracle.schema.validation.field.MetadataValidation;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whole objects inside of custom resources ({@code x-kubernetes-embedded-resource}): they need
 * apiVersion and kind, and metadata that any object could have.
 */
public final class EmbeddedResources {

  private EmbeddedResources() {}

  /**
   * @param schema an {@code openAPIV3Schema}
   */
  public static void validate(JsonNode schema, ObjectNode object, FieldErrors errors) {
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      String name = property.getKey();
      if (object.has(name)) {
        value(property.getValue(), new Field(object.path(name), FieldPath.of(name), errors));
      }
    }
  }

  private static void value(JsonNode schema, Field value) {
    if (value.json().isArray()) {
      value.items().forEach(item -> value(schema.path("items"), item));
      return;
    }
    if (!value.json().isObject()) {
      return;
    }
    if (schema.path("x-kubernetes-embedded-resource").asBoolean(false)) {
      embedded(value);
    }
    for (Map.Entry<String, JsonNode> entry : value.json().properties()) {
      JsonNode property = schema.path("properties").path(entry.getKey());
      if (property.isObject()) {
        value(property, value.child(entry.getKey()));
      } else if (schema.path("additionalProperties").isObject()) {
        FieldPath key = value.path().key(entry.getKey());
        value(
            schema.path("additionalProperties"), new Field(entry.getValue(), key, value.errors()));
      }
    }
  }

  private static void embedded(Field object) {
    Field version = object.child("apiVersion");
    if (isText(version) && version.text().chars().filter(c -> c == '/').count() > 1) {
      version.invalid("unexpected GroupVersion string: " + version.text());
    }
    Field kind = object.child("kind");
    if (isText(kind)) {
      List<String> wrong = Names.dns1035Label(kind.text().toLowerCase(Locale.ROOT));
      if (!wrong.isEmpty()) {
        kind.invalid("may have mixed case, but should otherwise match: " + String.join(",", wrong));
      }
    }
    Field metadata = object.child("metadata");
    if (metadata.json() instanceof ObjectNode own) {
      ObjectNode named = own;
      if (metadata.text("name").isEmpty()) {
        named = own.deepCopy().put("name", "fakename");
      }
      MetadataValidation.validate(
          new Field(named, metadata.path(), metadata.errors()),
          MetadataValidation.NameRule.PATH_SEGMENT,
          false);
    }
  }

  private static boolean isText(Field field) {
    if (field.json().isMissingNode()) {
      field.required("must not be empty");
      return false;
    }
    if (!field.json().isTextual()) {
      field.invalid("must be a string");
      return false;
    }
    if (field.text().isEmpty()) {
      field.invalid("must not be empty");
      return false;
    }
    return true;
  }
}
