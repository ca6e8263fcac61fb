package dev.coracle.schema.decoding;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.DeclaredDefaults;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one object in one pass, checked against its schema: fields that the schema does not know
 * are left out and named, fields that come twice are named.
 *
 * <p>Values of built-in kinds are read as Go reads them into its structures and writes them again:
 * null and empty optional lists and maps are absent, times and resource quantities get their
 * canonical form. Values of custom resources stay as they are; their types are for validation.
 */
final class TreeReader {

  private static final int MOST_STRICT_ERRORS = 100;

  private final JsonParser parser;

  /** Where the reader is, with indexes and keys of maps. */
  private final StringBuilder path = new StringBuilder();

  /** Where the reader is as Go says it: fields only. */
  private final StringBuilder fields = new StringBuilder();

  private final List<String> strictErrors = new ArrayList<>();
  private String structure = "";

  TreeReader(JsonParser parser) {
    this.parser = parser;
  }

  /** {@code unknown field "spec.foo"} and {@code duplicate field "spec.foo"}, as they came. */
  List<String> strictErrors() {
    return strictErrors;
  }

  /**
   * Reads the object that the parser is about to give.
   *
   * @throws DecodingException when a value cannot be read as what its schema says
   */
  ObjectNode read(Schema schema) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw mistyped(schema.goType());
    }
    return object(schema);
  }

  private @Nullable JsonNode value(Schema schema) throws IOException {
    JsonToken token = parser.currentToken();
    if (schema.isCustom()) {
      return customValue(schema, token);
    }
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    return switch (schema.type()) {
      case OBJECT -> {
        if (schema.preservesUnknownFields()) {
          yield free();
        }
        if (token != JsonToken.START_OBJECT) {
          throw mistyped(schema.goType());
        }
        yield object(schema);
      }
      case ARRAY -> {
        if (token != JsonToken.START_ARRAY) {
          throw mistyped(schema.goType());
        }
        yield array(schema);
      }
      case STRING -> string(schema, token);
      case INTEGER -> integer(schema, token);
      case NUMBER -> {
        if (!token.isNumeric()) {
          throw mistyped(schema.goType());
        }
        yield number();
      }
      case BOOLEAN -> {
        if (!token.isBoolean()) {
          throw mistyped(schema.goType());
        }
        yield Json.object().booleanNode(token == JsonToken.VALUE_TRUE);
      }
      case ANY -> any(schema, token);
    };
  }

  private JsonNode customValue(Schema schema, JsonToken token) throws IOException {
    if (token == JsonToken.START_OBJECT) {
      return object(schema);
    }
    if (token == JsonToken.START_ARRAY && schema.items() != null) {
      return array(schema);
    }
    return free();
  }

  private ObjectNode object(Schema schema) throws IOException {
    String outerStructure = structure;
    int outerPath = path.length();
    int outerFields = fields.length();
    if (!schema.definition().isEmpty()) {
      structure = schema.simpleName();
    }
    boolean custom = schema.isCustom();
    ObjectNode object = Json.object();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      path.append(outerPath == 0 ? "" : ".").append(name);
      Schema property = schema.property(name);
      Schema child = property == null ? schema.additionalProperties() : property;
      if (child == null && !schema.preservesUnknownFields()) {
        strict("unknown field ");
        parser.skipChildren();
      } else {
        if (object.has(name)) {
          strict("duplicate field ");
        }
        if (property != null) {
          fields.append(outerFields == 0 ? "" : ".").append(name);
        }
        if (child == null) {
          object.set(name, custom ? freeChecked() : free());
        } else {
          put(object, name, child, schema, property == null);
        }
      }
      path.setLength(outerPath);
      fields.setLength(outerFields);
    }
    structure = outerStructure;
    return object;
  }

  private void put(ObjectNode object, String name, Schema child, Schema owner, boolean entry)
      throws IOException {
    JsonNode value = value(child);
    if (value == null) {
      if (entry) {
        object.set(name, zero(child));
      } else {
        object.remove(name);
      }
      return;
    }
    if (entry && child.format().equals("quantity") && !child.isCustom()) {
      object.set(name, Values.resource(value));
    } else if (!entry && isOmitted(value, child) && !isWritten(owner, name)) {
      object.remove(name);
    } else {
      object.set(name, value);
    }
  }

  /** Whether Go writes a field whatever it holds: required ones, and the rules of roles. */
  private static boolean isWritten(Schema owner, String name) {
    return owner.required().contains(name)
        || (name.equals("rules")
            && (owner.definition().endsWith(".Role")
                || owner.definition().endsWith(".ClusterRole")));
  }

  /** Go leaves out an optional list or map that is empty, and some zeros. */
  private static boolean isOmitted(JsonNode value, Schema schema) {
    return (schema.isOmittedWhenZero() && DeclaredDefaults.isZero(value))
        || isEmptyContainer(value, schema);
  }

  private static boolean isEmptyContainer(JsonNode value, Schema schema) {
    return value.isContainerNode()
        && value.isEmpty()
        && !schema.isCustom()
        && (schema.type() == Schema.Type.ARRAY || schema.additionalProperties() != null);
  }

  /** What Go has for null in a list or a map. */
  private static JsonNode zero(Schema schema) {
    ObjectNode factory = Json.object();
    if (schema.isCustom()) {
      return factory.nullNode();
    }
    if (schema.format().equals("quantity")) {
      return factory.textNode("0");
    }
    return switch (schema.type()) {
      case OBJECT -> factory;
      case ARRAY, ANY -> factory.nullNode();
      case STRING -> factory.textNode("");
      case INTEGER, NUMBER -> factory.numberNode(0);
      case BOOLEAN -> factory.booleanNode(false);
    };
  }

  private ArrayNode array(Schema schema) throws IOException {
    Schema items = schema.items();
    ArrayNode array = Json.array();
    int outer = path.length();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      path.append('[').append(array.size()).append(']');
      JsonNode item = items == null ? free() : value(items);
      array.add(item == null ? zero(schema.items() == null ? schema : schema.items()) : item);
      path.setLength(outer);
    }
    return array;
  }

  private JsonNode string(Schema schema, JsonToken token) throws IOException {
    String format = schema.format();
    if (token != JsonToken.VALUE_STRING) {
      if (format.equals("date-time") || format.equals("micro-time")) {
        throw new DecodingException(
            "json: cannot unmarshal " + word() + " into Go value of type string");
      }
      throw mistyped(schema.goType());
    }
    String text = parser.getText();
    ObjectNode factory = Json.object();
    return switch (format) {
      case "byte" -> factory.textNode(Values.base64(text));
      case "date-time" -> factory.textNode(Values.time(text));
      case "micro-time" -> factory.textNode(Values.microTime(text));
      default -> factory.textNode(text);
    };
  }

  private JsonNode integer(Schema schema, JsonToken token) throws IOException {
    ObjectNode factory = Json.object();
    if (token == JsonToken.VALUE_NUMBER_INT) {
      BigInteger number = parser.getBigIntegerValue();
      if (schema.format().equals("int32") && number.bitLength() < 32) {
        return factory.numberNode(number.intValue());
      }
      if (!schema.format().equals("int32") && number.bitLength() < 64) {
        long value = number.longValue();
        return (int) value == value ? factory.numberNode((int) value) : factory.numberNode(value);
      }
    }
    if (token.isNumeric()) {
      throw mistyped("number " + parser.getText(), schema.goType());
    }
    throw mistyped(schema.goType());
  }

  private JsonNode number() throws IOException {
    ObjectNode factory = Json.object();
    return switch (parser.getNumberType()) {
      case INT -> factory.numberNode(parser.getIntValue());
      case LONG -> factory.numberNode(parser.getLongValue());
      case BIG_INTEGER -> factory.numberNode(parser.getBigIntegerValue());
      case FLOAT, DOUBLE, BIG_DECIMAL -> factory.numberNode(decimal());
    };
  }

  private BigDecimal decimal() throws IOException {
    try {
      return Json.decimal(parser);
    } catch (IllegalArgumentException e) {
      throw new DecodingException(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable JsonNode any(Schema schema, JsonToken token) throws IOException {
    if (schema.format().equals("quantity")) {
      String text = token.isScalarValue() ? parser.getText() : "";
      return Json.object().textNode(Values.quantity(text));
    }
    if (schema.isIntOrString()) {
      if (token == JsonToken.VALUE_STRING) {
        return Json.object().textNode(parser.getText());
      }
      if (token == JsonToken.VALUE_NUMBER_INT && parser.getBigIntegerValue().bitLength() < 32) {
        return Json.object().numberNode(parser.getIntValue());
      }
      String value = token.isNumeric() ? "number " + parser.getText() : word();
      throw new DecodingException(
          "json: cannot unmarshal " + value + " into Go value of type int32");
    }
    if (schema.simpleName().startsWith("JSONSchemaPropsOr") && token == JsonToken.START_OBJECT) {
      String name = schema.definition();
      return object(
          Schemas.builtIn()
              .required(name.substring(0, name.lastIndexOf('.')) + ".JSONSchemaProps"));
    }
    return free();
  }

  /** Any value, as it is. */
  private JsonNode free() throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      ObjectNode object = Json.object();
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        object.set(name, free());
      }
      return object;
    }
    if (token == JsonToken.START_ARRAY) {
      ArrayNode array = Json.array();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        array.add(free());
      }
      return array;
    }
    ObjectNode factory = Json.object();
    return switch (token) {
      case VALUE_STRING -> factory.textNode(parser.getText());
      case VALUE_TRUE -> factory.booleanNode(true);
      case VALUE_FALSE -> factory.booleanNode(false);
      case VALUE_NULL -> factory.nullNode();
      default -> number();
    };
  }

  /** Any value of a custom resource, where fields that come twice are named even so. */
  private JsonNode freeChecked() throws IOException {
    JsonToken token = parser.currentToken();
    return token == JsonToken.START_OBJECT ? object(Schemas.free()) : free();
  }

  private void strict(String problem) {
    if (strictErrors.size() < MOST_STRICT_ERRORS) {
      strictErrors.add(problem + '"' + path + '"');
    }
  }

  private String word() {
    JsonToken token = parser.currentToken();
    if (token == null) {
      return "null";
    }
    return switch (token) {
      case START_OBJECT -> "object";
      case START_ARRAY -> "array";
      case VALUE_STRING -> "string";
      case VALUE_TRUE, VALUE_FALSE -> "bool";
      case VALUE_NULL -> "null";
      default -> "number";
    };
  }

  private DecodingException mistyped(String goType) {
    return mistyped(word(), goType);
  }

  private DecodingException mistyped(String value, String goType) {
    String place = fields.isEmpty() ? "Go value" : "Go struct field " + structure + "." + fields;
    return new DecodingException(
        "json: cannot unmarshal " + value + " into " + place + " of type " + goType);
  }
}
