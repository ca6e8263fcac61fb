package dev.coracle.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads YAML that is JSON, which is most of what is applied, at JSON's price; only documents of
 * which a reader of YAML makes the same: printable ASCII without escaped characters, whole numbers,
 * no key twice in one object.
 */
final class JsonAsYaml {

  private static final int MOST_DEPTH = 100;

  /** YAML has keys of at most 1024 characters. */
  private static final int LONGEST_KEY = 1000;

  private JsonAsYaml() {}

  /** The object; null when the document is for a reader of YAML. */
  static @Nullable ObjectNode read(byte[] document) {
    if (document.length == 0 || document[0] != '{' || !isPlain(document)) {
      return null;
    }
    try (JsonParser parser = Json.parser(document)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      ObjectNode object = object(parser, 1);
      return parser.nextToken() == null ? object : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static boolean isPlain(byte[] document) {
    for (int i = 0; i < document.length; i++) {
      byte character = document[i];
      boolean printable = character >= ' ' && character <= '~' || character == '\n';
      boolean coded = character == '\\' && i + 1 < document.length && document[i + 1] == 'u';
      if (!printable || coded) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable ObjectNode object(JsonParser parser, int depth) throws IOException {
    ObjectNode object = Json.object();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      JsonNode value = value(parser, depth);
      if (value == null || object.has(field) || field.length() > LONGEST_KEY) {
        return null;
      }
      object.set(field, value);
    }
    return object;
  }

  private static @Nullable JsonNode value(JsonParser parser, int depth) throws IOException {
    if (depth == MOST_DEPTH) {
      return null;
    }
    JsonNodeFactory factory = JsonNodeFactory.instance;
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, depth + 1);
      case START_ARRAY -> {
        ArrayNode array = Json.array();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          JsonNode item = value(parser, depth + 1);
          if (item == null) {
            yield null;
          }
          array.add(item);
        }
        yield array;
      }
      case VALUE_STRING -> factory.textNode(parser.getText());
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT -> factory.numberNode(parser.getIntValue());
            case LONG -> factory.numberNode(parser.getLongValue());
            default -> null;
          };
      case VALUE_TRUE -> factory.booleanNode(true);
      case VALUE_FALSE -> factory.booleanNode(false);
      case VALUE_NULL -> factory.nullNode();
      case null, default -> null;
    };
  }
}
