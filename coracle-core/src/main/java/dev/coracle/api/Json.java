package dev.coracle.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Set;

/**
 * JSON in and out: the one mapper, and the order in which Kubernetes writes an object's first
 * fields.
 */
public final class Json {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final JsonFactory FACTORY = MAPPER.getFactory();
  private static final Set<String> FIRST = Set.of("kind", "apiVersion", "metadata");

  private Json() {}

  public static ObjectMapper mapper() {
    return MAPPER;
  }

  static JsonParser parser(byte[] json) throws IOException {
    return FACTORY.createParser(json);
  }

  /**
   * @throws IllegalArgumentException when it is not JSON
   */
  public static JsonNode read(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException when it is not JSON
   */
  public static JsonNode read(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException when it is not one JSON object
   */
  public static ObjectNode readObject(byte[] json) {
    if (read(json) instanceof ObjectNode object) {
      return object;
    }
    throw new IllegalArgumentException("not a JSON object");
  }

  /**
   * The number that a parser stands at, exactly, if it is one that a 64-bit floating point number
   * can be near to: others would cost a server its memory as soon as it calculates with them.
   *
   * @throws IllegalArgumentException in the words of Go's encoding/json
   */
  public static BigDecimal decimal(JsonParser parser) throws IOException {
    String text = parser.getText();
    double near = Double.parseDouble(text);
    if (Double.isInfinite(near)) {
      throw new IllegalArgumentException(
          "json: cannot unmarshal number " + text + " into Go value of type float64");
    }
    return near == 0 ? BigDecimal.ZERO : parser.getDecimalValue();
  }

  public static byte[] write(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /** The same tree (nodes shared, not copied) with kind, apiVersion and metadata in front. */
  public static ObjectNode canonicalOrder(ObjectNode tree) {
    ObjectNode ordered = object();
    for (String field : new String[] {"kind", "apiVersion", "metadata"}) {
      JsonNode value = tree.get(field);
      if (value != null) {
        ordered.set(field, value);
      }
    }
    tree.properties()
        .forEach(
            entry -> {
              if (!FIRST.contains(entry.getKey())) {
                ordered.set(entry.getKey(), entry.getValue());
              }
            });
    return ordered;
  }
}
