package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.encoding.ProtobufOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * OpenAPI documents in the protobuf form that older kubectl and client-go's discovery ask for. Made
 * from the JSON document with a table of the messages; both live only as long as it takes.
 */
final class OpenApiProtobuf {

  private record Field(int number, char kind, String type) {}

  private final Map<String, Map<String, Field>> messages = new HashMap<>();
  private final ProtobufOutput out;

  private OpenApiProtobuf(int capacity) {
    out = new ProtobufOutput(capacity);
    Map<String, Field> fields = new HashMap<>();
    for (String line : table().lines().toList()) {
      if (line.startsWith("=")) {
        fields = new LinkedHashMap<>();
        messages.put(line.substring(1), fields);
      } else if (!line.startsWith("#")) {
        String[] words = line.split(" ", -1);
        fields.put(
            words[1],
            new Field(
                Integer.parseInt(words[0]), words[2].charAt(0), words.length > 3 ? words[3] : ""));
      }
    }
  }

  private static String table() {
    try (InputStream in =
        Objects.requireNonNull(OpenApiProtobuf.class.getResourceAsStream("openapi-protobuf.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param json a document of OpenAPI 2 or 3
   */
  static byte[] write(byte[] json) {
    JsonNode document = Json.read(json);
    OpenApiProtobuf writer = new OpenApiProtobuf(json.length);
    writer.fields(document, document.has("swagger") ? "2.Document" : "3.Document");
    return writer.out.toBytes();
  }

  private void message(int number, JsonNode value, String type) {
    int start = out.open(number);
    chosen(value, type);
    out.close(start);
  }

  /** A message's fields, or those of the one that it stands for. */
  private void chosen(JsonNode value, String type) {
    switch (type) {
      case "Any" -> out.bytes(2, Yaml.write(value));
      case "StringArray", "2.TypeItem" -> strings(1, value);
      case "2.ParametersItem", "2.ResponseValue" -> {
        boolean reference = value.has("$ref");
        String wanted = type.equals("2.ResponseValue") ? "2.Response" : "2.Parameter";
        message(reference ? 2 : 1, value, reference ? "2.JsonReference" : wanted);
      }
      case "2.Parameter" -> {
        boolean body = value.path("in").asText().equals("body");
        message(body ? 1 : 2, value, body ? "2.BodyParameter" : "2.NonBodyParameter");
      }
      case "2.NonBodyParameter" -> {
        switch (value.path("in").asText()) {
          case "header" -> message(1, value, "2.HeaderParameterSubSchema");
          case "path" -> message(4, value, "2.PathParameterSubSchema");
          default -> message(3, value, "2.QueryParameterSubSchema");
        }
      }
      case "2.SchemaItem" -> message(1, value, "2.Schema");
      case "2.SecurityDefinitionsItem" -> message(2, value, "2.ApiKeySecurity");
      case "2.AdditionalPropertiesItem", "3.AdditionalPropertiesItem" -> {
        if (value.isBoolean()) {
          out.bool(2, value.booleanValue());
        } else {
          message(1, value, type.startsWith("2") ? "2.Schema" : "3.SchemaOrReference");
        }
      }
      case "2.ItemsItem" -> message(1, value, "2.Schema");
      case "3.ItemsItem" -> message(1, value, "3.SchemaOrReference");
      case "3.DefaultType" -> {
        if (value.isNumber()) {
          out.doubled(1, value.doubleValue());
        } else if (value.isBoolean()) {
          out.bool(2, value.booleanValue());
        } else if (value.isTextual()) {
          out.text(3, value.textValue());
        }
      }
      default -> {
        if (!type.endsWith("OrReference")) {
          fields(value, type);
        } else if (value.has("$ref")) {
          message(2, value, "3.Reference");
        } else {
          message(1, value, type.substring(0, type.length() - "OrReference".length()));
        }
      }
    }
  }

  private void strings(int number, JsonNode value) {
    if (value.isArray()) {
      value.forEach(each -> out.text(number, each.asText()));
    } else {
      out.text(number, value.asText());
    }
  }

  private void fields(JsonNode value, String type) {
    Map<String, Field> fields =
        Objects.requireNonNull(messages.get(type), () -> "no message " + type);
    value
        .properties()
        .forEach(
            entry -> {
              Field field = field(fields, entry.getKey());
              if (field != null && !entry.getValue().isNull()) {
                field(field, entry.getKey(), entry.getValue());
              }
            });
  }

  private static @Nullable Field field(Map<String, Field> fields, String name) {
    Field field = fields.get(name);
    if (field == null && name.startsWith("x-")) {
      field = fields.get("x-*");
    }
    if (field == null && name.startsWith("/")) {
      field = fields.get("/*");
    }
    return field == null ? fields.get("*") : field;
  }

  private void field(Field field, String name, JsonNode value) {
    int number = field.number;
    switch (field.kind) {
      case 's' -> out.text(number, value.asText());
      case 'b' -> out.bool(number, value.asBoolean());
      case 'i' -> out.integer(number, value.asLong());
      case 'd' -> out.doubled(number, value.asDouble());
      case 'a' -> message(number, value, "Any");
      case 'm' -> message(number, value, field.type);
      case 'S' -> strings(number, value);
      case 'A' -> value.forEach(each -> message(number, each, "Any"));
      case 'M' -> value.forEach(each -> message(number, each, field.type));
      case 'n' -> {
        int start = out.open(number);
        out.text(1, name);
        message(2, value, field.type);
        out.close(start);
      }
      default -> throw new IllegalStateException("no kind " + field.kind);
    }
  }
}
