package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.CustomSchemas;
import dev.coracle.schema.cel.CostBudget;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import java.util.Map;

/** Whether the defaults of a CRD's schema are values that the schema allows, and nothing more. */
final class SchemaDefaults {

  private SchemaDefaults() {}

  /**
   * @param schema an {@code openAPIV3Schema} that is structural
   */
  static void validate(Field schema) {
    check(schema);
  }

  private static void check(Field schema) {
    Field value = schema.child("default");
    if (value.present()) {
      value(schema, value);
    }
    if (schema.child("items").json().isObject()) {
      check(schema.child("items"));
    }
    for (Map.Entry<String, JsonNode> property : schema.json().path("properties").properties()) {
      check(
          new Field(
              property.getValue(),
              schema.path().child("properties").key(property.getKey()),
              schema.errors()));
    }
  }

  private static void value(Field schema, Field value) {
    if (!pruned(schema.json(), value.json()).equals(value.json())) {
      value.invalid("must not have unknown fields");
    }
    FieldErrors own = new FieldErrors();
    new CustomValidation(own).alone(schema.json(), value.json());
    own.causes().forEach(cause -> below(value, cause));
    if (own.isEmpty()) {
      ExpressionRules.of(schema.json())
          .check(value.json(), CostBudget.ofObject())
          .forEach(cause -> below(value, cause));
    }
  }

  /** Adds what is wrong inside a value, whose own path it does not know. */
  private static void below(Field value, StatusCause cause) {
    String inside = cause.field().equals("<nil>") ? "" : cause.field();
    String separator = inside.isEmpty() || inside.startsWith("[") ? "" : ".";
    value
        .errors()
        .add(new StatusCause(cause.reason(), cause.message(), value.path() + separator + inside));
  }

  private static JsonNode pruned(JsonNode schema, JsonNode value) {
    ObjectNode holder = Json.object();
    holder.set("value", value);
    ObjectNode outer = Json.object().put("type", "object");
    outer.putObject("properties").set("value", schema);
    return Decoder.prune(holder, CustomSchemas.of(outer, false)).path("value");
  }
}
