package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@link Fields wanted fields} of a stored object and runs over everything else without
 * looking at it: several times as fast as a tree of all of it, and without its garbage. The bytes
 * must be JSON that has been read before: nothing is checked here.
 */
final class PartialReader {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EACH = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final int MOST_DIGITS = 18;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final byte[] json;
  private int at;

  private PartialReader(byte[] json) {
    this.json = json;
  }

  /** The fields of an object, whose metadata it does not even run over. */
  static ObjectNode read(KubeObject object, Fields wanted) {
    int end = object.metadataEnd();
    if (end == 0 || wanted.hasMetadata()) {
      return read(object.json(), wanted);
    }
    PartialReader reader = new PartialReader(object.json());
    reader.at = end;
    reader.separator();
    return reader.fields(wanted);
  }

  static ObjectNode read(byte[] json, Fields wanted) {
    PartialReader reader = new PartialReader(json);
    reader.space();
    return reader.object(wanted);
  }

  private void space() {
    while (json[at] <= ' ') {
      at++;
    }
  }

  private JsonNode value(Fields wanted) {
    return switch (json[at]) {
      case '{' -> object(wanted);
      case '[' -> array(wanted);
      case '"' -> NODES.textNode(text());
      case 't' -> literal(4, NODES.booleanNode(true));
      case 'f' -> literal(5, NODES.booleanNode(false));
      case 'n' -> literal(4, NODES.nullNode());
      default -> number();
    };
  }

  private JsonNode literal(int length, JsonNode node) {
    at += length;
    return node;
  }

  /** From the opening brace to behind the closing one. */
  private ObjectNode object(Fields wanted) {
    at++;
    space();
    return fields(wanted);
  }

  /** From a field's name, or the closing brace, to behind the closing brace. */
  private ObjectNode fields(Fields wanted) {
    ObjectNode node = NODES.objectNode();
    for (; json[at] != '}'; separator()) {
      int from = at + 1;
      int to = endOfString(from) - 1;
      at = to + 1;
      space();
      at++;
      space();
      @Nullable Fields field = wanted == Fields.COUNTED ? null : wanted.child(json, from, to);
      if (field != null) {
        JsonNode value = value(field);
        node.set(string(from, to), value);
      } else {
        skip();
        if (wanted == Fields.COUNTED) {
          node.putNull(string(from, to));
        }
      }
    }
    at++;
    return node;
  }

  private ArrayNode array(Fields wanted) {
    ArrayNode node = NODES.arrayNode();
    at++;
    for (space(); json[at] != ']'; separator()) {
      if (wanted == Fields.COUNTED) {
        skip();
        node.addNull();
      } else {
        node.add(value(wanted));
      }
    }
    at++;
    return node;
  }

  private void separator() {
    space();
    if (json[at] == ',') {
      at++;
      space();
    }
  }

  private String text() {
    int from = at + 1;
    at = endOfString(from);
    return string(from, at - 1);
  }

  private String string(int from, int to) {
    for (int i = from; i < to; i++) {
      if (json[i] == '\\') {
        return Json.read(Arrays.copyOfRange(json, from - 1, to + 1)).asText();
      }
    }
    return new String(json, from, to - from, StandardCharsets.UTF_8);
  }

  private JsonNode number() {
    int from = at;
    boolean negative = json[at] == '-';
    if (negative) {
      at++;
    }
    long number = 0;
    int digits = at;
    for (; json[at] >= '0' && json[at] <= '9'; at++) {
      number = number * 10 + json[at] - '0';
    }
    byte next = json[at];
    boolean whole = next != '.' && next != 'e' && next != 'E';
    if (whole && at - digits <= MOST_DIGITS) {
      long value = negative ? -number : number;
      return value == (int) value ? NODES.numberNode((int) value) : NODES.numberNode(value);
    }
    skipScalar();
    return Json.read(Arrays.copyOfRange(json, from, at));
  }

  private void skip() {
    byte first = json[at];
    if (first == '"') {
      at = endOfString(at + 1);
    } else if (first == '{' || first == '[') {
      skipContainer();
    } else {
      skipScalar();
    }
  }

  private void skipScalar() {
    while (json[at] != ',' && json[at] != '}' && json[at] != ']' && json[at] > ' ') {
      at++;
    }
  }

  /** Brackets and braces differ from each other in one bit that does not matter here. */
  private void skipContainer() {
    byte[] bytes = json;
    int i = at;
    int depth = 0;
    while (true) {
      byte b = bytes[i++];
      if (b == '"') {
        i = endOfString(i);
      } else if ((b | 0x20) == '{') {
        depth++;
      } else if ((b | 0x20) == '}' && --depth == 0) {
        at = i;
        return;
      }
    }
  }

  /**
   * @param from behind the opening quote
   * @return behind the closing one
   */
  private int endOfString(int from) {
    byte[] bytes = json;
    int i = from;
    while (i + Long.BYTES <= bytes.length) {
      long word = (long) LONG.get(bytes, i);
      long found = zeros(word ^ ('"' * EACH)) | zeros(word ^ ('\\' * EACH));
      if (found == 0) {
        i += Long.BYTES;
        continue;
      }
      i += Long.numberOfTrailingZeros(found) >> 3;
      if (bytes[i] == '"') {
        return i + 1;
      }
      i += 2;
    }
    while (bytes[i] != '"') {
      i += bytes[i] == '\\' ? 2 : 1;
    }
    return i + 1;
  }

  /** The high bit of each byte that is zero; the lowest such bit is exact. */
  private static long zeros(long word) {
    return (word - EACH) & ~word & HIGH;
  }
}
