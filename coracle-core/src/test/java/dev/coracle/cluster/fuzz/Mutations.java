package dev.coracle.cluster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small harm done to texts, bytes and trees. */
final class Mutations {

  static final List<String> JUNK =
      List.of(
          "",
          " ",
          "%",
          "%00",
          "%zz",
          "%2e%2e%2f",
          "..",
          "a/b",
          "\u0000",
          "\uD83D\uDE00",
          "-1",
          "0",
          "9223372036854775808",
          "1e400",
          "NaN",
          "null",
          "true",
          "[]",
          "{}",
          "'\"<script>",
          "A".repeat(300),
          "x".repeat(5000),
          "${jndi:x}",
          "metadata.name",
          "!=",
          "in (a,b",
          "a=b,,c",
          "(((",
          "2026-99-99T00:00:00Z",
          "1.0.0.0/99",
          "99999999999Ei",
          "\\");

  private Mutations() {}

  static String junk(Random random) {
    return JUNK.get(random.nextInt(JUNK.size()));
  }

  /** Cuts, doubles, replaces or adds some of a text. */
  static String text(String text, Random random) {
    int at = text.isEmpty() ? 0 : random.nextInt(text.length());
    return switch (random.nextInt(5)) {
      case 0 -> text.substring(0, at);
      case 1 -> text.substring(0, at) + junk(random) + text.substring(at);
      case 2 -> text + text.substring(at);
      case 3 -> text.isEmpty() ? "" : text.substring(0, at) + text.substring(at + 1);
      default ->
          text.isEmpty()
              ? "x"
              : text.substring(0, at) + (char) (33 + random.nextInt(94)) + text.substring(at + 1);
    };
  }

  static byte[] bytes(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt(256)};
    }
    int at = random.nextInt(bytes.length);
    int length = 1 + random.nextInt(Math.min(40, bytes.length - at));
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 64);
    out.write(bytes, 0, at);
    switch (random.nextInt(5)) {
      case 0 -> {}
      case 1 -> {
        out.write(bytes[at] ^ (1 << random.nextInt(8)));
        out.write(bytes, at + 1, bytes.length - at - 1);
      }
      case 2 -> {
        out.write(bytes, at, length);
        out.write(bytes, at, bytes.length - at);
      }
      case 3 -> out.write(bytes, at + length, bytes.length - at - length);
      default -> {
        out.writeBytes(junk(random).getBytes(StandardCharsets.UTF_8));
        out.write(bytes, at, bytes.length - at);
      }
    }
    return out.toByteArray();
  }

  /** Changes one or a few places of a tree, in place. */
  static void tree(JsonNode tree, Random random) {
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      List<JsonNode> containers = new ArrayList<>();
      collect(tree, containers);
      if (containers.isEmpty()) {
        return;
      }
      JsonNode container = containers.get(random.nextInt(containers.size()));
      if (container instanceof ObjectNode object) {
        fields(object, random);
      } else if (container instanceof ArrayNode array) {
        if (array.isEmpty() || random.nextBoolean()) {
          array.add(value(random));
        } else if (random.nextBoolean()) {
          array.set(random.nextInt(array.size()), value(random));
        } else {
          array.add(array.get(random.nextInt(array.size())).deepCopy());
        }
      }
    }
  }

  private static void fields(ObjectNode object, Random random) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    if (names.isEmpty() || random.nextInt(6) == 0) {
      object.set(junk(random), value(random));
      return;
    }
    String name = names.get(random.nextInt(names.size()));
    switch (random.nextInt(4)) {
      case 0 -> object.remove(name);
      case 1 -> object.set(text(name, random), object.path(name).deepCopy());
      default -> object.set(name, value(random));
    }
  }

  private static void collect(JsonNode node, List<JsonNode> into) {
    if (node.isContainerNode()) {
      into.add(node);
      node.forEach(child -> collect(child, into));
    }
  }

  /** Something of any type. */
  static JsonNode value(Random random) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (random.nextInt(10)) {
      case 0 -> nodes.nullNode();
      case 1 -> nodes.numberNode(random.nextInt());
      case 2 -> nodes.numberNode(new java.math.BigInteger("123456789012345678901234567890"));
      case 3 -> nodes.numberNode(random.nextDouble() * 1e300);
      case 4 -> nodes.booleanNode(random.nextBoolean());
      case 5 -> Json.array().add(nodes.nullNode()).add(1).add("a");
      case 6 -> Json.object().put("a", 1);
      case 7 -> deep(1 + random.nextInt(60));
      default -> nodes.textNode(junk(random));
    };
  }

  private static JsonNode deep(int depth) {
    JsonNode node = Json.object();
    for (int i = 0; i < depth; i++) {
      node = i % 2 == 0 ? Json.array().add(node) : Json.object().set("a", node);
    }
    return node;
  }
}
