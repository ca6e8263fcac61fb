package dev.coracle.schema.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.cel.common.values.NullValue;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JSON as values of the language and back. */
public final class ExpressionValues {

  private ExpressionValues() {}

  /** The value of JSON whose type is not known: objects are maps. */
  public static Object of(@Nullable JsonNode json) {
    if (json == null) {
      return NullValue.NULL_VALUE;
    }
    return switch (json.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        json.properties().forEach(entry -> map.put(entry.getKey(), of(entry.getValue())));
        yield map;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>(json.size());
        json.forEach(item -> list.add(of(item)));
        yield list;
      }
      case NUMBER -> number(json);
      case STRING -> json.textValue();
      case BOOLEAN -> json.booleanValue();
      default -> NullValue.NULL_VALUE;
    };
  }

  private static Object number(JsonNode json) {
    if (json.canConvertToLong() && json.isIntegralNumber()) {
      return json.longValue();
    }
    return json.doubleValue();
  }

  /** The nothing of the language: an {@code oldObject} on a create. */
  public static Object nothing() {
    return NullValue.NULL_VALUE;
  }

  /** A value as JSON; what JSON does not know becomes its text. */
  public static JsonNode json(Object value) {
    return switch (value) {
      case Boolean flag -> BooleanNode.valueOf(flag);
      case Long number -> LongNode.valueOf(number);
      case Double number -> DoubleNode.valueOf(number);
      case String text -> TextNode.valueOf(text);
      case NullValue nothing -> NullNode.getInstance();
      case Optional<?> optional ->
          optional.isPresent() ? json(optional.get()) : NullNode.getInstance();
      case List<?> list -> {
        var array = Json.array();
        list.forEach(item -> array.add(json(item)));
        yield array;
      }
      case Map<?, ?> map -> {
        ObjectNode object = Json.object();
        map.forEach((key, item) -> object.set(key.toString(), json(item)));
        yield object;
      }
      default -> TextNode.valueOf(value.toString());
    };
  }
}
