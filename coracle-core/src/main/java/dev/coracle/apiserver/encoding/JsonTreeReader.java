package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.request.Text;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;

/**
 * Reads JSON into a tree and notes the fields that occur twice, which a tree cannot show (the last
 * one wins, as in Kubernetes).
 */
final class JsonTreeReader {

  private static final int MOST_DEPTH = 500;

  private final JsonParser parser;
  private final List<String> duplicates;

  private JsonTreeReader(JsonParser parser, List<String> duplicates) {
    this.parser = parser;
    this.duplicates = duplicates;
  }

  /**
   * @param duplicates paths of the fields that occur more than once are added here
   * @throws IOException when it is not one JSON value
   */
  static JsonNode read(byte[] json, List<String> duplicates) throws IOException {
    try (JsonParser parser = Json.mapper().getFactory().createParser(json)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new com.fasterxml.jackson.core.io.JsonEOFException(parser, null, "empty");
      }
      JsonNode tree = new JsonTreeReader(parser, duplicates).value(first, "", 0);
      if (parser.nextToken() != null) {
        throw new com.fasterxml.jackson.core.JsonParseException(
            parser, "invalid character after top-level value");
      }
      return tree;
    }
  }

  private JsonNode value(JsonToken token, String path, int depth) throws IOException {
    if (depth > MOST_DEPTH) {
      throw new com.fasterxml.jackson.core.JsonParseException(parser, "exceeded max depth");
    }
    ObjectNode nodes = Json.object();
    return switch (token) {
      case START_OBJECT -> object(path, depth);
      case START_ARRAY -> array(path, depth);
      case VALUE_STRING -> nodes.textNode(Text.wellFormed(parser.getText()));
      case VALUE_TRUE -> nodes.booleanNode(true);
      case VALUE_FALSE -> nodes.booleanNode(false);
      case VALUE_NULL -> nodes.nullNode();
      case VALUE_NUMBER_FLOAT -> nodes.numberNode(decimal());
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT -> nodes.numberNode(parser.getIntValue());
            case LONG -> nodes.numberNode(parser.getLongValue());
            default -> nodes.numberNode(parser.getBigIntegerValue());
          };
      default ->
          throw new com.fasterxml.jackson.core.JsonParseException(parser, "unexpected " + token);
    };
  }

  private BigDecimal decimal() throws IOException {
    try {
      return Json.decimal(parser);
    } catch (IllegalArgumentException e) {
      throw new com.fasterxml.jackson.core.JsonParseException(null, e.getMessage());
    }
  }

  private ObjectNode object(String path, int depth) throws IOException {
    ObjectNode object = Json.object();
    for (JsonToken token = parser.nextToken();
        token == JsonToken.FIELD_NAME;
        token = parser.nextToken()) {
      String field = Text.wellFormed(parser.currentName());
      String inner = path.isEmpty() ? field : path + "." + field;
      JsonNode before = object.replace(field, value(parser.nextToken(), inner, depth + 1));
      if (before != null) {
        duplicates.add(inner);
      }
    }
    return object;
  }

  private ArrayNode array(String path, int depth) throws IOException {
    ArrayNode array = Json.array();
    int index = 0;
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      array.add(value(token, path + "[" + index++ + "]", depth + 1));
    }
    return array;
  }
}
