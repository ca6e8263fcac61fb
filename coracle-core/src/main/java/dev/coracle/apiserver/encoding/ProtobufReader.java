package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code application/vnd.kubernetes.protobuf}, which typed Go clients send, into the tree
 * that the same object has as JSON.
 *
 * <p>Go writes fields that cannot be absent even when they hold nothing, where its JSON leaves them
 * out; so empty strings, zeros and false are dropped, except for the fields that are required or
 * pointers in Go, where they were meant.
 */
final class ProtobufReader {

  private static final byte[] MAGIC = {'k', '8', 's', 0};
  private static final DateTimeFormatter MICROSECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final ProtobufTable table;

  private ProtobufReader(ProtobufTable table) {
    this.table = table;
  }

  /**
   * The object of a body with its envelope.
   *
   * @throws StatusException 400 when it is broken, 415 for a kind whose messages are unknown
   */
  static ObjectNode read(byte[] body) {
    if (body.length < MAGIC.length
        || Arrays.mismatch(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length) >= 0) {
      throw StatusException.badRequest(
          "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
    }
    try {
      return new ProtobufReader(ProtobufTable.get()).envelope(body);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw StatusException.badRequest("the protobuf message is broken: unexpected EOF");
    }
  }

  private ObjectNode envelope(byte[] body) {
    Cursor cursor = new Cursor(body, MAGIC.length, body.length);
    String apiVersion = "";
    String kind = "";
    Cursor raw = new Cursor(body, 0, 0);
    while (cursor.more()) {
      int tag = cursor.tag();
      switch (tag >>> 3) {
        case 1 -> {
          Cursor type = cursor.bytes();
          while (type.more()) {
            int field = type.tag();
            switch (field >>> 3) {
              case 1 -> apiVersion = type.bytes().text();
              case 2 -> kind = type.bytes().text();
              default -> type.skip(field);
            }
          }
        }
        case 2 -> raw = cursor.bytes();
        default -> cursor.skip(tag);
      }
    }
    // The one kind of a version without resources that is still taken: nothing of it has changed.
    boolean older = kind.equals("Eviction") && apiVersion.equals("policy/v1beta1");
    String message = table.message(GroupVersionKind.of(older ? "policy/v1" : apiVersion, kind));
    if (message == null) {
      throw StatusException.unsupportedMediaType(
          kind + " of " + apiVersion + " is not served as protobuf; send application/json");
    }
    ObjectNode object = Json.object().put("kind", kind).put("apiVersion", apiVersion);
    fields(raw, message, object);
    return object;
  }

  private void fields(Cursor cursor, String message, ObjectNode object) {
    Map<Integer, ProtobufTable.Field> fields = table.fields(message);
    while (cursor.more()) {
      int tag = cursor.tag();
      ProtobufTable.Field field = fields.get(tag >>> 3);
      if (field == null) {
        cursor.skip(tag);
      } else if (field.map()) {
        entry(cursor.bytes(), field, object.withObjectProperty(field.name()));
      } else if (field.name().equals("-")) {
        fields(cursor.bytes(), field.type(), object);
      } else if (field.repeated()) {
        repeated(cursor, tag, field, object.withArrayProperty(field.name()));
      } else {
        JsonNode value = value(cursor, field);
        boolean said = field.meant() || field.kind() == ProtobufTable.Kind.MESSAGE;
        if (value != null && (said || !empty(value))) {
          object.set(field.name(), value);
        }
      }
    }
  }

  private void repeated(Cursor cursor, int tag, ProtobufTable.Field field, ArrayNode array) {
    boolean packed =
        (tag & 7) == 2
            && (field.kind() == ProtobufTable.Kind.INTEGER
                || field.kind() == ProtobufTable.Kind.BOOLEAN);
    if (!packed) {
      array.add(value(cursor, field));
      return;
    }
    Cursor values = cursor.bytes();
    while (values.more()) {
      array.add(value(values, field));
    }
  }

  private void entry(Cursor cursor, ProtobufTable.Field field, ObjectNode map) {
    String key = "";
    JsonNode value = null;
    while (cursor.more()) {
      int tag = cursor.tag();
      switch (tag >>> 3) {
        case 1 -> key = cursor.bytes().text();
        case 2 -> value = value(cursor, field);
        default -> cursor.skip(tag);
      }
    }
    map.set(key, value == null ? nothing(field) : value);
  }

  private static JsonNode nothing(ProtobufTable.Field field) {
    ObjectNode nodes = Json.object();
    return switch (field.kind()) {
      case STRING, BYTES -> nodes.textNode("");
      case INTEGER, DOUBLE, FLOAT -> nodes.numberNode(0);
      case BOOLEAN -> nodes.booleanNode(false);
      case MESSAGE -> nodes;
    };
  }

  private static boolean empty(JsonNode value) {
    return value.isTextual()
        ? value.textValue().isEmpty()
        : value.isBoolean()
            ? !value.booleanValue()
            : value.isIntegralNumber() && value.longValue() == 0;
  }

  private @Nullable JsonNode value(Cursor cursor, ProtobufTable.Field field) {
    ObjectNode nodes = Json.object();
    return switch (field.kind()) {
      case STRING -> nodes.textNode(cursor.bytes().text());
      case INTEGER -> number(cursor.varint());
      case BOOLEAN -> nodes.booleanNode(cursor.varint() != 0);
      case DOUBLE -> nodes.numberNode(BigDecimal.valueOf(Double.longBitsToDouble(cursor.fixed(8))));
      case FLOAT ->
          nodes.numberNode(BigDecimal.valueOf(Float.intBitsToFloat((int) cursor.fixed(4))));
      case BYTES ->
          nodes.textNode(java.util.Base64.getEncoder().encodeToString(cursor.bytes().copy()));
      case MESSAGE -> message(cursor.bytes(), field.type());
    };
  }

  /** As the JSON reader makes it: an int if it is one. */
  private static JsonNode number(long value) {
    ObjectNode nodes = Json.object();
    return value == (int) value ? nodes.numberNode((int) value) : nodes.numberNode(value);
  }

  /** A message, in the form that its Go type gives it in JSON; null for nothing. */
  private @Nullable JsonNode message(Cursor cursor, String type) {
    return switch (type.substring(type.lastIndexOf('.') + 1)) {
      case "Time" -> time(cursor, type, false);
      case "MicroTime" -> time(cursor, type, true);
      case "Quantity" -> only(cursor, type, "string", Json.object().textNode("0"));
      case "IntOrString" -> intOrString(cursor, type);
      case "FieldsV1", "RawExtension", "JSON" -> raw(cursor);
      case "JSONSchemaPropsOrBool" -> or(cursor, type, "schema", "allows");
      case "JSONSchemaPropsOrArray" -> or(cursor, type, "schema", "jSONSchemas");
      case "JSONSchemaPropsOrStringArray" -> or(cursor, type, "schema", "property");
      case "ExtraValue", "OptionalNames", "Verbs" -> only(cursor, type, "items", Json.array());
      default -> {
        ObjectNode object = Json.object();
        fields(cursor, type, object);
        yield object;
      }
    };
  }

  private JsonNode only(Cursor cursor, String type, String field, JsonNode otherwise) {
    ObjectNode object = Json.object();
    fields(cursor, type, object);
    JsonNode value = object.get(field);
    return value == null ? otherwise : value;
  }

  private JsonNode or(Cursor cursor, String type, String first, String second) {
    ObjectNode object = Json.object();
    fields(cursor, type, object);
    JsonNode value = object.has(first) ? object.get(first) : object.get(second);
    return value == null ? object.booleanNode(false) : value;
  }

  private @Nullable JsonNode time(Cursor cursor, String type, boolean micro) {
    if (!cursor.more()) {
      return null;
    }
    ObjectNode parts = Json.object();
    fields(cursor, type, parts);
    Instant instant =
        Instant.ofEpochSecond(parts.path("seconds").asLong(0), parts.path("nanos").asLong(0));
    return parts.textNode(
        micro ? MICROSECONDS.format(instant) : instant.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private JsonNode intOrString(Cursor cursor, String type) {
    ObjectNode parts = Json.object();
    fields(cursor, type, parts);
    return parts.path("type").asInt(0) == 1
        ? parts.textNode(parts.path("strVal").asText(""))
        : number(parts.path("intVal").asLong(0));
  }

  private static @Nullable JsonNode raw(Cursor cursor) {
    JsonNode value = null;
    while (cursor.more()) {
      int tag = cursor.tag();
      if (tag >>> 3 == 1) {
        byte[] json = cursor.bytes().copy();
        value = json.length == 0 ? null : Json.read(json);
      } else {
        cursor.skip(tag);
      }
    }
    return value;
  }

  /** A place in an encoded message; running over its end is an IndexOutOfBoundsException. */
  private static final class Cursor {
    private final byte[] bytes;
    private int at;
    private final int end;

    Cursor(byte[] bytes, int at, int end) {
      this.bytes = bytes;
      this.at = at;
      this.end = end;
    }

    boolean more() {
      return at < end;
    }

    int tag() {
      return (int) varint();
    }

    long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        if (at >= end) {
          throw new IndexOutOfBoundsException(at);
        }
        byte b = bytes[at++];
        value |= (long) (b & 0x7f) << shift;
        if (b >= 0) {
          return value;
        }
      }
      throw new IllegalArgumentException("a number of more than 64 bits");
    }

    long fixed(int length) {
      long value = 0;
      for (int i = 0; i < length; i++) {
        if (at >= end) {
          throw new IndexOutOfBoundsException(at);
        }
        value |= (bytes[at++] & 0xffL) << (8 * i);
      }
      return value;
    }

    Cursor bytes() {
      long length = varint();
      if (length < 0 || length > end - at) {
        throw new IndexOutOfBoundsException(at);
      }
      Cursor inner = new Cursor(bytes, at, at + (int) length);
      at += (int) length;
      return inner;
    }

    byte[] copy() {
      return Arrays.copyOfRange(bytes, at, end);
    }

    String text() {
      return new String(bytes, at, end - at, StandardCharsets.UTF_8);
    }

    void skip(int tag) {
      switch (tag & 7) {
        case 0 -> varint();
        case 1 -> fixed(8);
        case 2 -> bytes();
        case 5 -> fixed(4);
        default -> throw new IllegalArgumentException("wire type " + (tag & 7));
      }
    }
  }
}
