package dev.coracle.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * An object of a configuration, read strictly: a field that is not known, or of another type than
 * it should be, is an error that names its place.
 */
final class Fields {

  private final JsonNode object;
  private final String path;

  /**
   * @param path the place of the object in the file; empty for all of it
   * @param known the fields that there are
   */
  Fields(JsonNode object, String path, Set<String> known) {
    this.object = object;
    this.path = path;
    if (!object.isObject() && !isAbsent(object)) {
      throw new IllegalArgumentException(path + " is not an object");
    }
    object
        .fieldNames()
        .forEachRemaining(
            field -> {
              if (!known.contains(field)) {
                throw new IllegalArgumentException(
                    "strict decoding error: unknown field \"" + at(field) + "\"");
              }
            });
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  String at(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  boolean has(String field) {
    return !isAbsent(object.path(field));
  }

  JsonNode get(String field) {
    return object.path(field);
  }

  String text(String field, String otherwise) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return otherwise;
    }
    if (!node.isTextual()) {
      throw new IllegalArgumentException(at(field) + " is not a string");
    }
    return node.asText();
  }

  int number(String field, int otherwise) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return otherwise;
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw new IllegalArgumentException(at(field) + " is not a whole number");
    }
    return node.asInt();
  }

  /** A number with its bounds, which are named when it is outside. */
  int number(String field, int otherwise, int least, int most) {
    int number = number(field, otherwise);
    if (number < least || number > most) {
      throw invalid(field, number, "not in valid range [" + least + ", " + most + "]");
    }
    return number;
  }

  boolean flag(String field) {
    JsonNode node = object.path(field);
    if (!isAbsent(node) && !node.isBoolean()) {
      throw new IllegalArgumentException(at(field) + " is not true or false");
    }
    return node.asBoolean();
  }

  /** The objects of a list, each with its fields. */
  List<Fields> list(String field, Set<String> known) {
    List<Fields> items = new ArrayList<>();
    int index = 0;
    for (JsonNode item : array(field)) {
      items.add(new Fields(item, at(field) + "[" + index++ + "]", known));
    }
    return items;
  }

  List<String> texts(String field) {
    List<String> items = new ArrayList<>();
    for (JsonNode item : array(field)) {
      if (!item.isTextual()) {
        throw new IllegalArgumentException(at(field) + "[" + items.size() + "] is not a string");
      }
      items.add(item.asText());
    }
    return items;
  }

  private JsonNode array(String field) {
    JsonNode node = object.path(field);
    if (!isAbsent(node) && !node.isArray()) {
      throw new IllegalArgumentException(at(field) + " is not a list");
    }
    return node;
  }

  Fields child(String field, Set<String> known) {
    return new Fields(object.path(field), at(field), known);
  }

  IllegalArgumentException invalid(String field, Object value, String why) {
    String shown = value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
    return new IllegalArgumentException(at(field) + ": Invalid value: " + shown + ": " + why);
  }

  IllegalArgumentException required(String field, String why) {
    return new IllegalArgumentException(
        at(field) + ": Required value" + (why.isEmpty() ? "" : ": " + why));
  }

  IllegalArgumentException unsupported(String field, String value, List<String> supported) {
    return new IllegalArgumentException(
        at(field)
            + ": Unsupported value: \""
            + value
            + "\": supported values: \""
            + String.join("\", \"", supported)
            + "\"");
  }
}
